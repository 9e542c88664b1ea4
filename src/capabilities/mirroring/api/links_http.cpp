#include "capabilities/mirroring/api/links_http.hpp"

#include "capabilities/mirroring/api/answers_http.hpp"
#include "platform/api/answering.hpp"
#include "platform/api/path.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/string.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr const char* one_pattern = "/v1/links/{entity}/{id}";
constexpr const char* many_pattern = "/v1/links/{entity}";
constexpr std::size_t ids_max = 1000;
/// About what one answer takes.
constexpr std::size_t answer_bytes = 320;

// Answers are written by hand: there may be a hundred thousand a second.
void append_member(std::string& json, std::string_view opening, std::string_view value) {
    json += opening;
    json::append_string(json, value);
}

void append_answer(std::string& json, const Entity& entity, const LinkAnswer& answer) {
    append_member(json, R"({"entity":)", entity.name);
    append_member(json, R"(,"id":)", answer.id);
    append_member(json, R"(,"role":)", to_string(answer.role));
    json += R"(,"links":[)";
    const char* separator = "";
    for (const LinkedDocument& link : answer.links) {
        json += separator;
        append_member(json, R"({"family":)", link.family);
        append_member(json, R"(,"id":)", link.id);
        append_member(json, R"(,"park_id":)", link.park_id);
        append_member(json, R"(,"state":)", to_string(link.state));
        append_member(json, R"(,"created_at":)", platform::time_text(link.created_at));
        append_member(json, R"(,"synced_at":)", platform::time_text(link.synced_at));
        json += '}';
        separator = ",";
    }
    json += "]}";
}

std::string one_answer(const Entity& entity, std::span<const LinkAnswer> answers) {
    std::string json;
    json.reserve(answer_bytes);
    append_answer(json, entity, answers.front());
    return json;
}

std::string many_answers(const Entity& entity, std::span<const LinkAnswer> answers) {
    std::string json;
    json.reserve(16 + answers.size() * answer_bytes);
    json += R"({"items":[)";
    const char* separator = "";
    for (const LinkAnswer& answer : answers) {
        json += separator;
        append_answer(json, entity, answer);
        separator = ",";
    }
    json += "]}";
    return json;
}

using WriteAnswers = std::string (*)(const Entity& entity, std::span<const LinkAnswer> answers);

void ask(const MirrorApi& api, const Entity& entity, std::vector<std::string> ids, const api::Call& call,
         const http::Reply& reply, api::RouteName route, WriteAnswers write) {
    const bool is_accepted =
        api.link_reader.ask(entity, std::move(ids),
                            [&log = api.log, &entity, reply, route, write, request_id = call.request_id](
                                std::span<const LinkAnswer> answers, const std::exception_ptr& failure) {
                                reply.send(failure ? api::failure_response(failure, request_id, log, route)
                                                   : http::Response{.status = 200, .body = write(entity, answers)});
                            });
    if (!is_accepted) {
        reply.send(api::overloaded_response());
    }
}

void get_links(const MirrorApi& api, const api::Call& call, const http::Reply& reply) {
    const Entity* entity = entity_in_path(call, "entity");
    const std::string& id = api::id_in_path(call, "id");
    api::refuse_query(call);
    if (entity == nullptr) {
        reply.send(no_such_entity_response());
        return;
    }
    ask(api, *entity, {id}, call, reply, {.method = "GET", .pattern = one_pattern}, one_answer);
}

void get_many_links(const MirrorApi& api, const api::Call& call, const http::Reply& reply) {
    const Entity* entity = entity_in_path(call, "entity");
    api::refuse_query(call);
    auto ids = json::read_object(
        call.request.body, [](json::ObjectReader& reader) { return reader.texts("ids", 1, ids_max, api::id_limits); });
    if (entity == nullptr) {
        reply.send(no_such_entity_response());
        return;
    }
    ask(api, *entity, std::move(ids), call, reply, {.method = "POST", .pattern = many_pattern}, many_answers);
}

}  // namespace

std::vector<api::Route> link_routes(const MirrorApi& api) {
    const auto handler = [api](auto handle) {
        return api::AsynchronousHandler(
            [api, handle](const api::Call& call, const http::Reply& reply) { handle(api, call, reply); });
    };
    return {
        {.method = "GET", .pattern = one_pattern, .handler = handler(get_links)},
        {.method = "POST", .pattern = many_pattern, .handler = handler(get_many_links), .takes_body = true},
    };
}

}  // namespace twinfleet::mirroring

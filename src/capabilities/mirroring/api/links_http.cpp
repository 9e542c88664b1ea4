#include "capabilities/mirroring/api/links_http.hpp"

#include "capabilities/mirroring/api/answers_http.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/string.hpp"

namespace twinfleet::mirroring {
namespace {

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

http::Response no_such_entity() {
    return http::error_response(404, "entity_not_found", "There is no such entity.");
}

using WriteAnswers = std::string (*)(const Entity& entity, std::span<const LinkAnswer> answers);

void ask(const MirrorApi& api, const Entity& entity, std::vector<std::string> ids, const http::Call& call,
         const http::Reply& reply, WriteAnswers write) {
    const bool is_accepted =
        api.link_reader.ask(entity, std::move(ids),
                            [&log = api.log, &entity, reply, write, request_id = call.request_id](
                                std::span<const LinkAnswer> answers, const std::exception_ptr& failure) {
                                reply.send(failure ? failure_response(failure, log, request_id)
                                                   : http::Response{.status = 200, .body = write(entity, answers)});
                            });
    if (!is_accepted) {
        reply.send(overloaded_response());
    }
}

void get_links(const MirrorApi& api, const http::Call& call, const http::Reply& reply) {
    const Entity* entity = entity_in_path(call, "entity");
    const std::string& id = id_in_path(call, "id");
    refuse_query(call);
    if (entity == nullptr) {
        reply.send(no_such_entity());
        return;
    }
    ask(api, *entity, {id}, call, reply, one_answer);
}

void get_many_links(const MirrorApi& api, const http::Call& call, const http::Reply& reply) {
    const Entity* entity = entity_in_path(call, "entity");
    refuse_query(call);
    const auto body = json::parse_object(call.request.body);
    json::ObjectReader reader(body);
    auto ids = reader.texts("ids", 1, ids_max, id_limits);
    reader.finish();
    if (entity == nullptr) {
        reply.send(no_such_entity());
        return;
    }
    ask(api, *entity, std::move(ids), call, reply, many_answers);
}

}  // namespace

std::vector<http::Route> link_routes(const MirrorApi& api) {
    const auto handler = [api](auto handle) {
        return http::AsynchronousHandler(
            [api, handle](const http::Call& call, const http::Reply& reply) { handle(api, call, reply); });
    };
    return {
        {.method = "GET", .pattern = "/v1/links/{entity}/{id}", .handler = handler(get_links)},
        {.method = "POST", .pattern = "/v1/links/{entity}", .handler = handler(get_many_links), .takes_body = true},
    };
}

}  // namespace twinfleet::mirroring

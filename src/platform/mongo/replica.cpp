#include "platform/mongo/replica.hpp"

#include <algorithm>
#include <string_view>

#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "platform/mongo/concerns.hpp"
#include "platform/mongo/connection.hpp"
#include "platform/mongo/errors.hpp"
#include "platform/mongo/server_time.hpp"

namespace twinfleet::mongo {
namespace {

std::optional<bson::View> last_write(bson::View hello) {
    const auto found = hello.find("lastWrite");
    return found && found->type == bson::Type::document ? std::optional(found->document()) : std::nullopt;
}

std::optional<bson::Timestamp> operation_time(bson::View write, std::string_view field) {
    const auto operation = write.find(field);
    const auto time =
        operation && operation->type == bson::Type::document ? operation->document().find("ts") : std::nullopt;
    return time && time->type == bson::Type::timestamp ? std::optional(time->timestamp()) : std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> Replica::lag_of(bson::View secondary, bson::View primary) {
    const auto seen = last_write(secondary);
    const auto written = last_write(primary);
    const auto seen_time = seen ? operation_time(*seen, "majorityOpTime") : std::nullopt;
    const auto written_time = written ? operation_time(*written, "opTime") : std::nullopt;
    if (!seen_time || !written_time) {
        return std::nullopt;
    }
    if (*seen_time >= *written_time) {
        return std::chrono::milliseconds(0);
    }
    const auto seen_at = seen->find("majorityWriteDate");
    if (!seen_at || seen_at->type != bson::Type::date) {
        return std::nullopt;
    }
    // Both times are given by primaries, the one now and the one then.
    const std::int64_t now_ms = ServerTime::of(primary).local_ms;
    const std::int64_t age_ms = now_ms > seen_at->date_ms() ? now_ms - seen_at->date_ms() : 0;
    return std::chrono::milliseconds(age_ms);
}

Replica Pool::choose_replica() const {
    if (state_->reads_from_primary) {
        return {};
    }
    // Before a connection is taken, as this takes one, too.
    const bson::Document primary = hello();
    const auto client = state_->client();
    // A router chooses by itself, among members of each shard, and does not tell how old they are.
    const ServerHandle chosen = select_server(client.get(), nullptr);
    if (std::string_view(mongoc_server_description_type(chosen.get())) != "RSSecondary") {
        return {};
    }
    const std::uint32_t server_id = mongoc_server_description_id(chosen.get());
    const bson::Document question = bson::Builder().int32(state_->knows_hello ? "hello" : "isMaster", 1).take();
    Reply answer;
    bson_error_t error{};
    if (!mongoc_client_command_simple_with_server_id(client.get(), "admin", BorrowedBson(question), nullptr, server_id,
                                                     answer.out(), &error)) {
        raise(error);
    }
    const auto lag = Replica::lag_of(answer.view(), primary);
    return lag ? Replica{.server_id = server_id, .behind = *lag} : Replica{};
}

}  // namespace twinfleet::mongo

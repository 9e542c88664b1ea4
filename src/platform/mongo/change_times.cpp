#include "platform/mongo/change_times.hpp"

namespace twinfleet::mongo {

bson::Document set_change_time() {
    return bson::Builder()
        .begin_document("$currentDate")
        .begin_document(bson::updated_ts_field)
        .string("$type", "timestamp")
        .end()
        .end()
        .take();
}

bson::View WithChangeTime::operator()(bson::View document, bson::Timestamp time) {
    constexpr std::size_t length_bytes = 4;
    builder_.clear();
    builder_.copy(document.bytes().subspan(length_bytes, document.size_bytes() - length_bytes - 1));
    return builder_.timestamp(bson::updated_ts_field, time).finish();
}

std::unique_lock<std::mutex> ChangeTimes::take_turn() {
    std::unique_lock turn(turn_, std::defer_lock);
    if (!are_known()) {
        turn.lock();
        if (are_known()) {
            turn.unlock();
        }
    }
    return turn;
}

void ChangeTimes::learn(const bson::ChangeTime& read_back) noexcept {
    by_whom_ = is_empty(read_back) ? ByWhom::client : ByWhom::server;
}

bson::Timestamp ChangeTimes::server_clock() const {
    return bson::timestamp_of(pool_.server_time_ms());
}

bson::Timestamp ChangeTimes::for_inserts() const {
    return by_whom_ == ByWhom::client ? server_clock() : bson::Timestamp{};
}

bson::Timestamp ChangeTimes::for_replacements() const {
    return by_whom_ == ByWhom::server ? bson::Timestamp{} : server_clock();
}

}  // namespace twinfleet::mongo

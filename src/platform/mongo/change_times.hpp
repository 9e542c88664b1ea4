#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "platform/bson/builder.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"
#include "platform/mongo/client.hpp"

/// The field `updated_ts` of documents that are written: the time of the write, by the server's clock, by which readers
/// find what has changed.
namespace twinfleet::mongo {

/// The operator of an update that has the server set `updated_ts` to the time of the write
/// (mongodb.com/docs/manual/reference/operator/update/currentDate).
[[nodiscard]] bson::Document set_change_time();

/// Gives documents an `updated_ts` behind their other fields, of which none may be an `updated_ts`.
class WithChangeTime {
public:
    /// What the field adds to the size of a document.
    static constexpr std::size_t size_bytes = 1 + bson::updated_ts_field.size() + 1 + sizeof(std::uint64_t);

    /// The result is good until the next call, which uses the same memory.
    [[nodiscard]] bson::View operator()(bson::View document, bson::Timestamp time);

private:
    bson::Builder builder_;
};

/// Knows which `updated_ts` to write into documents of one collection that are inserted or replaced.
///
/// A MongoDB sets it itself: it replaces an empty Timestamp, (0, 0), in a field of the document by the time of the
/// write (mongodb.com/docs/manual/reference/bson-types, "Timestamps"). A server that only resembles a MongoDB may keep
/// the empty Timestamp; then documents are written with the time by the server's clock, asked once for each batch,
/// which is never ahead of that clock.
///
/// Which of the two a server does is asked by the first document that is inserted: it goes alone, while everybody else
/// who wants to insert waits, and is read back. So it takes no right that inserting does not take, and leaves nothing
/// behind. Whoever inserts does it like this:
///
///     auto turn = times.take_turn();
///     if (turn.owns_lock()) {
///         // insert one document with for_inserts(); read it back; learn(); turn.unlock()
///     }
///     // insert the others with for_inserts()
///
/// When that first document could not be inserted, nothing is known yet, and whoever comes next asks. Until then every
/// insert needs a turn, and documents that hold an empty Timestamp afterwards have to be set by set_change_time().
/// Safe to use from several threads.
class ChangeTimes {
public:
    /// The pool outlives this.
    explicit ChangeTimes(const Pool& pool) : pool_(pool) {}

    /// Whether an insert has shown what the server does.
    [[nodiscard]] bool are_known() const noexcept { return by_whom_ != ByWhom::unknown; }
    /// Whether the server is known to set the times itself.
    [[nodiscard]] bool are_set_by_server() const noexcept { return by_whom_ == ByWhom::server; }

    /// The turn to insert while nothing is known; waits for whoever has it. Owns no lock once something is known.
    [[nodiscard]] std::unique_lock<std::mutex> take_turn();
    /// Has to be told the time that was read back from a document that was inserted with an empty one.
    void learn(const bson::ChangeTime& read_back) noexcept;

    /// The `updated_ts` to write into documents that are inserted now, in one batch.
    [[nodiscard]] bson::Timestamp for_inserts() const;
    /// The same for replacements. As long as nothing is known of the server, this is the time by its clock.
    [[nodiscard]] bson::Timestamp for_replacements() const;

    /// Whether this is the empty Timestamp, which no server has set and by which no reader finds the document.
    [[nodiscard]] static constexpr bool is_empty(const bson::ChangeTime& time) noexcept {
        return time == bson::ChangeTime::of(bson::Timestamp{});
    }

private:
    enum class ByWhom : std::uint8_t { unknown, server, client };

    [[nodiscard]] bson::Timestamp server_clock() const;

    const Pool& pool_;
    std::mutex turn_;
    /// Changes once, from unknown to another value.
    std::atomic<ByWhom> by_whom_ = ByWhom::unknown;
};

}  // namespace twinfleet::mongo

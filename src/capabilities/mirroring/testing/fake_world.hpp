#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

/// Stores in memory for tests of the mirror. They keep what the headers of the real ones promise and nothing beyond it,
/// and let a test do to every call what networks, crashes and other processes do.
namespace twinfleet::mirroring::testing {

/// The process that made the call dies in it. Not a std::exception, so that nobody handles it by accident.
struct Crash {};

enum class Phase : std::uint8_t {
    before,  ///< nothing has happened yet: what is thrown here never reached the store
    within,  ///< between two documents of a bulk, which is not atomic
    after,   ///< it has happened, the caller does not know yet: what is thrown here is a lost acknowledgement
};

/// One point at which a caller can be suspended.
struct Step {
    /// The process that calls.
    std::string_view runner;
    /// Store and call: "links.record_outcome", "cars.insert".
    std::string_view call;
    Phase phase = Phase::before;
};

/// How the call reaches the store.
enum class Delivery : std::uint8_t {
    once,
    twice,  ///< the caller gets the answer to the second one
    /// It hangs, and the caller is told that the store does not answer. It takes effect when FakeWorld::let_happen()
    /// says so, whatever has become of the caller and of his other calls. Only of writes of documents.
    late,
};

/// Called at every step, without any lock held: it may throw (Crash, platform::StoreUnavailable), change the world, or
/// not return before another runner has had its turn. Its answer counts in Phase::before only.
using Interference = std::function<Delivery(const Step&)>;

struct WorldSettings {
    std::int64_t started_at_ms = 1'700'000'000'000;
    /// The embedded server's timestamps have no ordinal: all writes of one second are alike.
    bool whole_second_timestamps = false;
    /// The server of entities in MongoDB keeps the empty `updated_ts` of an inserted child; whoever inserts sets it
    /// next.
    bool keeps_empty_times = false;
    /// A stream sees the collection as it was when it was opened, instead of as it is at each batch.
    bool streams_are_snapshots = false;
    /// PostgreSQL's clock less MongoDB's.
    std::int64_t links_clock_ahead_ms = 0;
    std::size_t document_bytes_max = std::size_t{16} << 20;
    /// Everybody gets every lease, and no write is refused for want of one.
    bool leases_protect_nothing = false;
    /// Whoever commits has the say on a link, whoever has begun to write its child since: the fault that write tokens
    /// prevent.
    bool write_tokens_protect_nothing = false;
};

/// `_id` values of any type as a key that can be compared: the type's byte and the value's bytes.
[[nodiscard]] std::string id_key(const bson::Element& id);
[[nodiscard]] std::string id_key(std::string_view string_id);

/// UTF-8 without NUL bytes: all that PostgreSQL takes as text.
[[nodiscard]] bool fits_postgres_text(std::string_view text);

/// All that the stores of one installation hold. Safe to use from any thread.
class FakeWorld {
public:
    struct StoredLink {
        std::string family;
        Link link;
    };

    explicit FakeWorld(WorldSettings settings = {});

    // What a test sets up.
    void interfere(Interference interference);
    /// Calls of that runner do not take effect from now on and throw platform::StoreUnavailable: what runs while the
    /// stack of a crashed process is unwound must not count.
    void bury(std::string_view runner);
    void advance(std::int64_t milliseconds);
    [[nodiscard]] std::int64_t now_ms() const;
    [[nodiscard]] Time links_now() const;
    /// From now on most members of MongoDB's replica set are away. The primary goes on writing, but tells whoever
    /// writes that this is not acknowledged, and reads do not see it; guards of updates and unique indexes do.
    void lose_majority();
    /// Most members are there again, and all that was not acknowledged is seen. Or another one of them becomes the
    /// primary, and what the mirror wrote since is gone, but for what others have written over.
    void regain_majority(bool is_taken_back);
    [[nodiscard]] bool has_majority() const;
    /// The writes that hang take effect, in the order in which they came; `count_max` of them at most.
    void let_happen(std::size_t count_max);
    [[nodiscard]] std::size_t count_hanging() const;
    /// The store will not have documents for which this is true.
    void refuse_documents(std::function<bool(bson::View)> refused);

    // Writes by the rest of the platform. `collection` is the entity's name, or `unique_drivers`.
    /// Inserts or replaces, with `updated_ts` of now, less `age_ms`: shards' clocks differ.
    void put(std::string_view collection, bson::View document, std::int64_t age_ms = 0);
    /// The same, with the document exactly as it is.
    void put_as_is(std::string_view collection, bson::View document);
    void erase(std::string_view collection, const std::string& key);

    // What a test looks at.
    [[nodiscard]] std::optional<bson::Document> document(std::string_view collection, const std::string& key) const;
    /// In order of key.
    [[nodiscard]] std::vector<bson::Document> documents(std::string_view collection) const;
    /// As the rest of the platform left it: what put() and erase() made of the collection, without the mirror's writes.
    [[nodiscard]] std::vector<bson::Document> as_put(std::string_view collection) const;
    [[nodiscard]] std::vector<StoredLink> links(std::string_view entity) const;
    [[nodiscard]] std::vector<QuarantineEntry> quarantine() const;
    /// In order of id.
    [[nodiscard]] std::vector<ForeignEditRecord> foreign_edits() const;
    [[nodiscard]] std::vector<Backfill> backfills(std::string_view entity, std::string_view family) const;
    [[nodiscard]] std::optional<Cursor> cursor(std::string_view entity, std::string_view family) const;
    /// As BatchOutcome::caught_up_at.
    [[nodiscard]] std::optional<Time> caught_up_at(std::string_view entity, std::string_view family) const;
    /// How many full rounds of the job have come to their end.
    [[nodiscard]] std::int64_t rounds_finished(std::string_view job, std::string_view family) const;
    /// What is lost when the cursors' table is.
    void forget_cursors();

    // For the fakes.
    struct LeaseRow {
        std::int64_t token = 0;
        std::string holder;
        std::int64_t expires_at_ms = 0;
        bool held = false;
    };
    struct Data {
        using Collections = std::map<std::string, std::map<std::string, bson::Document>, std::less<>>;
        Collections collections;
        Collections as_put;
        /// When documents were removed, by collection and `_id`: only what access-control holds is noted.
        std::map<std::string, std::map<std::string, bson::Timestamp>, std::less<>> removals;
        std::map<std::string, std::map<std::pair<std::string, std::string>, Link>, std::less<>> links;
        std::map<std::pair<std::string, std::string>, Cursor> cursors;
        std::map<std::pair<std::string, std::string>, Time> caught_up_at;
        /// Oldest first.
        struct PendingBackfill {
            std::string family;
            Backfill backfill;
        };
        std::vector<PendingBackfill> backfills;
        /// Parents of drivers whose data is erased, or is to be.
        std::set<std::string> erased;
        std::map<std::int64_t, QuarantineEntry> quarantine;
        /// By key.
        std::map<std::string, ForeignEditRecord> foreign_edits;
        std::map<std::pair<std::string, std::string>, LeaseRow> leases;
        /// Of writes that have begun and not ended, by entity, family and parent.
        std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> write_tokens;
        std::int64_t last_write_token = 0;
        /// The latest, by job and family.
        struct Round {
            FullRound round;
            std::int64_t finished_at_ms = 0;
            std::vector<FullShard> shards;
            std::vector<std::size_t> granted;
            std::optional<std::size_t> budget;
            std::optional<FullRound> last_finished;
        };
        std::map<std::pair<std::string, std::string>, Round> rounds;
        std::int64_t backfill_generations = 0;
        std::int64_t quarantine_ids = 0;
        std::int64_t foreign_edit_ids = 0;
        std::int64_t unique_driver_ids = 0;
        std::int64_t now_ms = 0;
        bson::Timestamp last_timestamp;
        std::function<bool(bson::View)> refused;
        std::set<std::string, std::less<>> buried;
        bool has_majority = true;
        /// Of documents of which a write is not acknowledged: the version that most members have, if they have one. By
        /// collection and key.
        std::map<std::string, std::map<std::string, std::optional<bson::Document>>, std::less<>> acknowledged;
        std::vector<std::function<void(Data&)>> hanging;

        /// Has to be called before a write of the mirror.
        void note_write(std::string_view collection, const std::string& key);
        using Documents = std::map<std::string, bson::Document>;
        /// The collection as reads see it. `scratch` holds it where it is not as it is stored.
        [[nodiscard]] const Documents& visible(std::string_view collection, Documents& scratch);
    };

    /// One call of a store: `effect(data)` is atomic, and takes place as often as the interference says.
    template <typename Effect>
    auto perform(std::string_view runner, std::string_view call, Effect&& effect) {
        const Delivery delivery = step(runner, call, Phase::before);
        using Result = std::invoke_result_t<Effect, Data&>;
        if constexpr (std::is_void_v<Result>) {
            atomically(effect);
            if (delivery == Delivery::twice) {
                atomically(effect);
            }
            step(runner, call, Phase::after);
        } else {
            Result result = atomically(effect);
            if (delivery == Delivery::twice) {
                result = atomically(effect);
            }
            step(runner, call, Phase::after);
            return result;
        }
    }
    Delivery step(std::string_view runner, std::string_view call, Phase phase);
    template <typename Effect>
    auto atomically(Effect&& effect) const {
        const std::lock_guard lock(mutex_);
        return effect(data_);
    }
    [[nodiscard]] const WorldSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] bson::Timestamp next_timestamp(Data& data) const;
    [[nodiscard]] Time links_now(const Data& data) const;

private:
    const WorldSettings settings_;
    mutable std::mutex mutex_;
    // Guarded by mutex_. The interference is called without it, and may be replaced meanwhile.
    std::shared_ptr<const Interference> interference_;
    mutable Data data_;
};

/// `document` with this `updated_ts`, at its end.
[[nodiscard]] bson::Document stamped(bson::View document, bson::Timestamp updated_ts);

}  // namespace twinfleet::mirroring::testing

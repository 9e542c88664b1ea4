#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "platform/clock/clock.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/incremental_cache/cache_updater.hpp"
#include "platform/incremental_cache/document_source.hpp"
#include "platform/incremental_cache/record_cache.hpp"
#include "platform/incremental_cache/settings.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::incremental_cache {

/// Looks again, every few seconds, at those documents of a cache that somebody relies on: reads them by `_id` in
/// batches, takes changes that did not move `updated_ts`, and removes from the cache what is no longer in the
/// collection. Otherwise both would be found by the next full pass only, perhaps hours later.
///
/// The work follows the callers, not the cache: a document that nobody has relied on since the last recheck is not
/// asked for, one that many have relied on is asked for once. When more than Settings::recheck_documents_max are relied
/// on, the rest is left out until the next time, and counted.
///
/// That much is missing at once rather means that the collection is being restored than that it was emptied. So a
/// recheck removes at most missing_share_max of what it has asked for, but always up to missing_always_removed (the
/// figures are those by which the mirror retires: contract, section 1); what is more stays for the full pass, is logged
/// and counted. What is removed was missing twice.
///
/// Metrics, named as in cache_metrics.hpp: `PREFIX_passes_total{cache,mode="recheck",outcome}`, and
/// `PREFIX_rechecked_total{cache,outcome}`, documents, where outcome is changed, unchanged, removed, held_back or
/// left_out.
class Recheck {
public:
    static constexpr double missing_share_max = 0.05;
    static constexpr std::size_t missing_always_removed = 20;

    /// What is passed by reference, `settings` and `prefix` apart, must outlive this.
    Recheck(RecordCache& cache, DocumentSource& source, const Settings& settings, const platform::Clock& clock,
            log::Logger& log, metrics::Registry& registry, const std::string& prefix);

    /// Says that somebody relies on the document with this id. Safe to use from any thread; takes about as long as
    /// hashing the id.
    void rely_on(std::string_view id);

    /// Looks again at everything relied on since the last time. Does not throw: a pass that fails is counted, logged
    /// unless the one before it failed as well, and not repeated. One at a time.
    PassOutcome pass(const std::stop_token& stop = {});
    /// Runs passes at every Settings::recheck_interval until `stop` is requested.
    void run(const std::stop_token& stop);

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return KeyHashes::hash(text); }
    };
    using Ids = std::unordered_set<std::string, TextHash, std::equal_to<>>;

    [[nodiscard]] std::vector<std::string> take_relied_on();
    /// Applies what the store has of these, and returns the ids that it does not have.
    [[nodiscard]] std::vector<std::string> look_at(std::span<const std::string> ids, const RecordCache::Read& read);
    void look_at_all(const std::stop_token& stop);
    void remove(std::span<const std::string> missing);
    void count(std::string_view outcome, std::size_t documents);

    RecordCache& cache_;
    DocumentSource& source_;
    const Settings settings_;
    const platform::Clock& clock_;
    log::Logger& log_;
    metrics::Family<metrics::Counter>& passes_;
    metrics::Family<metrics::Counter>& documents_;

    /// By the hash of the id, so that callers seldom wait for each other.
    std::array<platform::Guarded<Ids>, 16> relied_on_;

    // Of the thread of passes.
    bool is_failing_ = false;
    bool is_holding_back_ = false;
};

}  // namespace twinfleet::incremental_cache

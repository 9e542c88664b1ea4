#include "platform/incremental_cache/recheck.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "platform/concurrency/backoff.hpp"

namespace twinfleet::incremental_cache {
namespace {

/// Documents that are asked for at a time.
constexpr std::size_t ids_of_a_recheck = 1'000;

}  // namespace

Recheck::Recheck(RecordCache& cache, DocumentSource& source, const Settings& settings, const platform::Clock& clock,
                 log::Logger& log, metrics::Registry& registry, const std::string& prefix)
    : cache_(cache),
      source_(source),
      settings_(settings),
      clock_(clock),
      log_(log),
      passes_(registry.counters(prefix + "_passes_total", "Passes over a cache's collection",
                                {"cache", "mode", "outcome"})),
      documents_(registry.counters(prefix + "_rechecked_total",
                                   "Documents that somebody relies on and that were looked at again",
                                   {"cache", "outcome"})) {
    // An alert asks how much it has grown, which the first value of a series does not tell.
    static_cast<void>(documents_.with({cache.type().name, "held_back"}));
}

void Recheck::rely_on(std::string_view id) {
    const std::size_t hash = TextHash()(id);
    const bool is_left_out = relied_on_.at(hash % relied_on_.size()).with([&](Ids& ids) {
        if (ids.contains(id)) {
            return false;
        }
        if (ids.size() >= std::max<std::size_t>(settings_.recheck_documents_max / relied_on_.size(), 1)) {
            return true;
        }
        ids.emplace(id);
        return false;
    });
    if (is_left_out) {
        count("left_out", 1);
    }
}

std::vector<std::string> Recheck::take_relied_on() {
    std::vector<std::string> taken;
    for (auto& shard : relied_on_) {
        Ids ids = shard.with([](Ids& of_shard) { return std::exchange(of_shard, {}); });
        while (!ids.empty()) {
            taken.push_back(std::move(ids.extract(ids.begin()).value()));
        }
    }
    return taken;
}

std::vector<std::string> Recheck::look_at(std::span<const std::string> ids, const RecordCache::Read& read) {
    Ids missing(ids.begin(), ids.end());
    std::size_t changed = 0;
    std::vector<std::string> undecided;
    source_.by_ids(ids, [&](bson::View document) {
        const auto id = document.find("_id");
        if (id && id->is_string()) {
            missing.erase(std::string(id->string()));
        }
        const Applied applied = cache_.apply(document, read);
        changed += applied == Applied::changed ? 1 : 0;
        if (applied == Applied::undecided) {
            undecided.emplace_back(id->string());
        }
        return true;
    });
    count("changed", changed);
    count("unchanged", ids.size() - missing.size() - changed);
    for (const std::string& id : undecided) {
        // Another read is about to bring it as well: the next pass sees which of the two is right.
        rely_on(id);
    }
    return {missing.begin(), missing.end()};
}

void Recheck::look_at_all(const std::stop_token& stop) {
    const auto ids = take_relied_on();
    std::vector<std::string> missing;
    for (std::size_t start = 0; start < ids.size() && !stop.stop_requested(); start += ids_of_a_recheck) {
        const RecordCache::Read read(cache_);
        auto found = look_at(std::span(ids).subspan(start, std::min(ids_of_a_recheck, ids.size() - start)), read);
        std::move(found.begin(), found.end(), std::back_inserter(missing));
    }
    if (stop.stop_requested()) {
        return;
    }
    const auto share = static_cast<std::size_t>(static_cast<double>(ids.size()) * missing_share_max);
    const bool is_too_much = missing.size() > std::max(share, missing_always_removed);
    if (is_too_much) {
        count("held_back", missing.size());
        if (!is_holding_back_) {
            log_.warning("too many documents are missing at once: the full pass decides",
                         {{"cache", cache_.type().name}, {"asked", ids.size()}, {"missing", missing.size()}});
        }
    } else {
        remove(missing);
    }
    is_holding_back_ = is_too_much;
}

void Recheck::remove(std::span<const std::string> missing) {
    for (std::size_t start = 0; start < missing.size(); start += ids_of_a_recheck) {
        const RecordCache::Read read(cache_);
        const auto gone = look_at(missing.subspan(start, std::min(ids_of_a_recheck, missing.size() - start)), read);
        count("removed", cache_.remove_missing(gone, read));
    }
}

PassOutcome Recheck::pass(const std::stop_token& stop) {
    try {
        look_at_all(stop);
    } catch (const std::exception& reason) {
        passes_.with({cache_.type().name, "recheck", "failed"}).increment();
        if (!std::exchange(is_failing_, true)) {
            log_.warning("documents of a cache cannot be looked at again",
                         {{"cache", cache_.type().name}, {"reason", reason.what()}});
        }
        return PassOutcome::failed;
    }
    if (stop.stop_requested()) {
        return PassOutcome::stopped;
    }
    is_failing_ = false;
    passes_.with({cache_.type().name, "recheck", "done"}).increment();
    return PassOutcome::done;
}

void Recheck::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto started = clock_.monotonic();
        static_cast<void>(pass(stop));
        // From start to start, so that a removal does not wait for longer when a pass takes long.
        const auto pause = settings_.recheck_interval - (clock_.monotonic() - started);
        if (pause > std::chrono::nanoseconds(0)) {
            platform::wait_for(stop, pause);
        }
    }
}

void Recheck::count(std::string_view outcome, std::size_t documents) {
    if (documents > 0) {
        documents_.with({cache_.type().name, outcome}).increment(static_cast<double>(documents));
    }
}

}  // namespace twinfleet::incremental_cache

#include "platform/incremental_cache/cache_updater.hpp"

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include "platform/concurrency/backoff.hpp"

namespace twinfleet::incremental_cache {
namespace {

using std::chrono::nanoseconds;

/// Documents that are asked for by id at a time.
constexpr std::size_t ids_of_a_query = 1'000;
/// How often a document that changes under our hands is read again; then the next pass goes on with it.
constexpr int settle_attempts_max = 5;

/// For RecordCache::Read, of a read that begins after the time `now_ms`.
std::optional<std::int64_t> complete_until_ms(const Copy& copy, std::int64_t now_ms) {
    return copy.server ? std::optional(now_ms - copy.behind.count()) : std::nullopt;
}

}  // namespace

CacheUpdater::CacheUpdater(RecordCache& cache, DocumentSource& source, const Settings& settings,
                           const platform::Clock& clock, log::Logger& log, metrics::Registry& registry,
                           const std::string& metrics_prefix)
    : cache_(cache),
      source_(source),
      settings_(settings),
      clock_(clock),
      log_(log),
      metrics_(registry, metrics_prefix, cache.type().name),
      made_at_(clock.monotonic()),
      state_{.history = PassHistory(settings.interval)},
      self_(std::make_shared<platform::Guarded<CacheUpdater*>>(this)) {
    registry.before_text([self = self_] {
        self->with([](CacheUpdater* updater) {
            if (updater != nullptr) {
                updater->update_gauges();
            }
        });
    });
}

CacheUpdater::~CacheUpdater() {
    self_->with([](CacheUpdater*& updater) { updater = nullptr; });
}

void CacheUpdater::load() {
    if (settings_.dump_folder.empty()) {
        return;
    }
    const auto started = clock_.monotonic();
    const auto loaded = load_dump(dump_path(settings_.dump_folder, cache_.type().name), cache_);
    if (const auto* refusal = std::get_if<DumpRefusal>(&loaded)) {
        metrics_.dump_loaded(name_of(*refusal));
        if (*refusal != DumpRefusal::absent) {
            log_.warning("dump of a cache is not used", {{"cache", cache_.type().name}, {"reason", name_of(*refusal)}});
        }
        return;
    }
    metrics_.dump_loaded("loaded");
    const auto& dump = std::get<DumpState>(loaded);
    const auto age = std::max<nanoseconds>(clock_.now() - dump.complete_until, nanoseconds(0));
    {
        const std::lock_guard lock(mutex_);
        state_.position = dump.position;
        state_.is_filled = true;
        state_.lacks_kept_aside = dump.kept_aside > 0;
        state_.needs_full_pass = age > settings_.dump_age_max || dump.kept_aside > 0;
        state_.complete_until = dump.complete_until;
        state_.complete_until_monotonic = clock_.monotonic() - age;
        state_.last_full_at = dump.last_full_at;
    }
    filled_.notify_all();
    log_.info("cache filled from its dump",
              {{"cache", cache_.type().name},
               {"documents", cache_.size()},
               {"age_s", std::chrono::duration<double>(age).count()},
               {"duration_s", std::chrono::duration<double>(clock_.monotonic() - started).count()}});
}

PassOutcome CacheUpdater::attempt(std::string_view mode, bool& is_failing, const std::function<bool()>& pass) {
    const auto started = clock_.monotonic();
    try {
        if (!pass()) {
            return PassOutcome::stopped;
        }
    } catch (const std::exception& reason) {
        metrics_.pass_failed(mode);
        if (!std::exchange(is_failing, true)) {
            log_.warning("cache cannot be brought up to date",
                         {{"cache", cache_.type().name}, {"mode", mode}, {"reason", reason.what()}});
        }
        return PassOutcome::failed;
    }
    metrics_.pass_done(mode, clock_.monotonic() - started);
    if (std::exchange(is_failing, false)) {
        log_.info("cache is brought up to date again", {{"cache", cache_.type().name}, {"mode", mode}});
    }
    return PassOutcome::done;
}

bson::ChangePosition CacheUpdater::position() {
    const std::lock_guard asking(first_position_mutex_);
    const auto known = [this] {
        const std::lock_guard lock(mutex_);
        return state_.position;
    };
    if (const auto found = known()) {
        return *found;
    }
    const bson::ChangePosition latest = source_.latest();
    const std::lock_guard lock(mutex_);
    state_.position = latest;
    return latest;
}

void CacheUpdater::take(bson::View document, const RecordCache::Read& read, Harvest& harvest) {
    switch (cache_.apply(document, read)) {
        case Applied::changed:
            ++harvest.changes;
            break;
        case Applied::undecided:
            harvest.undecided.emplace_back(document.find("_id").value().string());
            break;
        case Applied::unchanged:
        case Applied::kept_aside:
        case Applied::outdated:
            break;
    }
}

void CacheUpdater::settle(Harvest& harvest) {
    for (int i = 0; i < settle_attempts_max && !harvest.undecided.empty(); ++i) {
        const auto ids = std::exchange(harvest.undecided, {});
        for (std::size_t start = 0; start < ids.size(); start += ids_of_a_query) {
            const auto count = std::min(ids_of_a_query, ids.size() - start);
            const RecordCache::Read read(cache_);
            source_.by_ids(std::span(ids).subspan(start, count), [&](bson::View document) {
                take(document, read, harvest);
                return true;
            });
        }
    }
}

std::optional<CacheUpdater::Reached> CacheUpdater::read_changes(std::chrono::milliseconds overlap, Harvest& harvest,
                                                                const std::stop_token& stop) {
    bson::ChangePosition reached = position();
    const std::int64_t now_ms = source_.server_time_ms();
    const Copy copy = source_.choose_copy();
    {
        const RecordCache::Read read(cache_, complete_until_ms(copy, now_ms));
        source_.changed_since(reached.behind(overlap.count(), settled_until_ms_), copy, [&](bson::View document) {
            take(document, read, harvest);
            // One document from the future must not hide the changes until then.
            reached.advance(bson::ChangeTime::of(document).not_after(now_ms));
            return !stop.stop_requested();
        });
    }
    const std::size_t left_over = [&] {
        const std::lock_guard lock(mutex_);
        harvest.undecided.insert(harvest.undecided.end(), state_.undecided.begin(), state_.undecided.end());
        return state_.undecided.size();
    }();
    settle(harvest);
    if (stop.stop_requested()) {
        return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    auto& undecided = state_.undecided;
    undecided.erase(undecided.begin(), undecided.begin() + static_cast<std::ptrdiff_t>(left_over));
    undecided.insert(undecided.end(), harvest.undecided.begin(), harvest.undecided.end());
    return Reached{.position = reached, .now_ms = now_ms, .behind = copy.behind};
}

PassOutcome CacheUpdater::incremental_pass(const std::stop_token& stop) {
    const auto started = clock_.monotonic();
    const auto started_at = clock_.now();
    Harvest harvest;
    const auto outcome = attempt("incremental", incremental_is_failing_, [&] {
        const auto reached = read_changes(settings_.overlap, harvest, stop);
        if (!reached) {
            return false;
        }
        const nanoseconds complete_until = started - reached->behind;
        const std::lock_guard lock(mutex_);
        state_.position = reached->position;
        // Where another copy than last time was read, it may be further behind; what has been read has been read.
        const bool is_further = reached->behind == std::chrono::milliseconds(0) || !state_.has_caught_up ||
                                complete_until > *state_.complete_until_monotonic;
        if (is_further) {
            settled_until_ms_ = reached->now_ms - (reached->behind + settings_.overlap).count();
            state_.complete_until = started_at - reached->behind;
            state_.complete_until_monotonic = complete_until;
        }
        state_.has_caught_up = true;
        state_.last_incremental_at = clock_.now();
        state_.history.add(complete_until, clock_.monotonic());
        return true;
    });
    metrics_.changes.increment(static_cast<double>(harvest.changes));
    return outcome;
}

PassOutcome CacheUpdater::quick_pass(const std::stop_token& stop) {
    Harvest harvest;
    const auto outcome = attempt("quick", incremental_is_failing_, [&] {
        // The position stays: moved on from here, the next incremental pass would not go back as far as it must.
        return read_changes(std::min(settings_.quick_overlap, settings_.overlap), harvest, stop).has_value();
    });
    metrics_.changes.increment(static_cast<double>(harvest.changes));
    return outcome;
}

void CacheUpdater::read_now(std::span<const std::string> ids) {
    Harvest harvest;
    // As if a pass had met them all and could not decide.
    harvest.undecided.assign(ids.begin(), ids.end());
    settle(harvest);
    metrics_.changes.increment(static_cast<double>(harvest.changes));
    if (!harvest.undecided.empty()) {
        const std::lock_guard lock(mutex_);
        state_.undecided.insert(state_.undecided.end(), harvest.undecided.begin(), harvest.undecided.end());
    }
}

void CacheUpdater::remove_what_is_gone(Harvest& harvest, const std::stop_token& stop) {
    for (std::size_t shard = 0; !stop.stop_requested();) {
        const auto ids = cache_.not_met(shard, ids_of_a_query);
        if (ids.empty()) {
            break;
        }
        for (std::size_t start = 0; start < ids.size(); start += ids_of_a_query) {
            const auto asked = std::span(ids).subspan(start, std::min(ids_of_a_query, ids.size() - start));
            const RecordCache::Read read(cache_);
            source_.by_ids(asked, [&](bson::View document) {
                take(document, read, harvest);
                return true;
            });
            harvest.changes += cache_.remove_not_met(asked);
        }
    }
    cache_.forget_not_met_aside();
}

PassOutcome CacheUpdater::full_pass(const std::stop_token& stop) {
    Harvest harvest;
    const auto outcome = attempt("full", full_is_failing_, [&] {
        // Before the first document is read: what changes from now on is behind it, for the incremental passes.
        static_cast<void>(position());
        const std::int64_t now_ms = source_.server_time_ms();
        Copy copy = source_.choose_copy();
        if (copy.behind > settings_.overlap / 2) {
            // What it does not have yet must not be further back than incremental passes go.
            copy = {};
        }
        cache_.begin_full_pass();
        {
            const RecordCache::Read read(cache_, complete_until_ms(copy, now_ms));
            source_.all(copy, [&](bson::View document) {
                take(document, read, harvest);
                return !stop.stop_requested();
            });
        }
        if (stop.stop_requested()) {
            return false;
        }
        settle(harvest);
        remove_what_is_gone(harvest, stop);
        settle(harvest);
        if (stop.stop_requested()) {
            return false;
        }
        {
            const std::lock_guard lock(mutex_);
            if (!std::exchange(state_.is_filled, true)) {
                // Passes beside the first full one were slowed down by it, and nobody waited for them.
                state_.history = PassHistory(settings_.interval);
            }
            state_.needs_full_pass = false;
            state_.lacks_kept_aside = false;
            state_.last_full_at = clock_.now();
        }
        filled_.notify_all();
        return true;
    });
    metrics_.changes.increment(static_cast<double>(harvest.changes));
    return outcome;
}

bool CacheUpdater::write_dump() {
    if (settings_.dump_folder.empty()) {
        return false;
    }
    const auto started = clock_.monotonic();
    DumpState dump;
    {
        const std::lock_guard lock(mutex_);
        if (!state_.is_filled || state_.lacks_kept_aside || !state_.position || !state_.complete_until ||
            !state_.last_full_at) {
            return false;
        }
        dump = {.position = *state_.position,
                .complete_until = *state_.complete_until,
                .last_full_at = *state_.last_full_at,
                .kept_aside = cache_.kept_aside_count()};
    }
    try {
        std::filesystem::create_directories(settings_.dump_folder);
        const auto bytes =
            incremental_cache::write_dump(dump_path(settings_.dump_folder, cache_.type().name), cache_, dump);
        metrics_.dump_written(bytes, clock_.monotonic() - started);
    } catch (const std::system_error& reason) {
        metrics_.dump_failed();
        if (!std::exchange(dump_is_failing_, true)) {
            log_.warning("dump of a cache cannot be written",
                         {{"cache", cache_.type().name}, {"reason", reason.what()}});
        }
        return false;
    }
    dump_is_failing_ = false;
    return true;
}

void CacheUpdater::run_incremental_passes(const std::stop_token& stop) {
    platform::Backoff backoff(settings_.interval, std::max(settings_.interval, settings_.retry_max));
    while (!stop.stop_requested()) {
        const auto started = clock_.monotonic();
        nanoseconds pause = settings_.interval;
        if (incremental_pass(stop) == PassOutcome::done) {
            backoff.reset();
            // From start to start, so that a pass that takes long does not make changes wait longer still.
            run_quick_passes(started, stop);
            pause = started + settings_.interval - clock_.monotonic();
        } else {
            pause = backoff.next();
        }
        if (pause > nanoseconds(0)) {
            platform::wait_for(stop, pause);
        }
    }
}

void CacheUpdater::run_quick_passes(nanoseconds since, const std::stop_token& stop) {
    const nanoseconds until = since + settings_.interval;
    // None so shortly before the next incremental pass that both would read the same.
    for (nanoseconds next = since + settings_.quick_interval; next + settings_.quick_interval / 2 < until;
         next = std::max(next, clock_.monotonic()) + settings_.quick_interval) {
        if (const auto pause = next - clock_.monotonic(); pause > nanoseconds(0)) {
            platform::wait_for(stop, pause);
        }
        if (stop.stop_requested() || quick_pass(stop) != PassOutcome::done) {
            return;
        }
    }
}

nanoseconds CacheUpdater::full_pause() {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto longest = std::max(settings_.full_interval, settings_.full_interval_max);
    std::uniform_int_distribution<std::int64_t> spread(nanoseconds(settings_.full_interval).count(),
                                                       nanoseconds(longest).count());
    return nanoseconds(spread(random));
}

void CacheUpdater::run_full_passes(const std::stop_token& stop) {
    platform::Backoff backoff(settings_.interval, std::max(settings_.interval, settings_.retry_max));
    auto next_full = clock_.monotonic();
    auto next_dump = next_full + settings_.dump_interval;
    {
        const std::lock_guard lock(mutex_);
        if (!state_.needs_full_pass && state_.last_full_at) {
            // As if the process had never ended.
            next_full += std::max<nanoseconds>(full_pause() - (clock_.now() - *state_.last_full_at), nanoseconds(0));
        }
    }
    while (!stop.stop_requested()) {
        if (clock_.monotonic() >= next_full) {
            const bool was_filled = is_filled();
            if (full_pass(stop) == PassOutcome::done) {
                backoff.reset();
                next_full = clock_.monotonic() + full_pause();
                if (!was_filled) {
                    next_dump = clock_.monotonic() + settings_.interval;
                }
            } else {
                next_full = clock_.monotonic() + backoff.next();
            }
        }
        if (clock_.monotonic() >= next_dump && !stop.stop_requested()) {
            // There is nothing to be written yet while no incremental pass has ended.
            const nanoseconds pause_until_next =
                write_dump() ? settings_.dump_interval
                             : std::min<nanoseconds>(settings_.dump_interval, settings_.retry_max);
            next_dump = clock_.monotonic() + pause_until_next;
        }
        const auto pause = std::min(next_full, next_dump) - clock_.monotonic();
        if (pause > nanoseconds(0)) {
            platform::wait_for(stop, pause);
        }
    }
}

bool CacheUpdater::is_filled() const {
    const std::lock_guard lock(mutex_);
    return state_.is_filled;
}

bool CacheUpdater::wait_until_filled(const std::stop_token& stop, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    return filled_.wait_for(lock, stop, timeout, [this] { return state_.is_filled; });
}

bool CacheUpdater::is_stale(const State& state) const {
    return !state.is_filled || !state.has_caught_up || !state.complete_until_monotonic ||
           clock_.monotonic() - *state.complete_until_monotonic > settings_.expiry;
}

bool CacheUpdater::is_stale() const {
    const std::lock_guard lock(mutex_);
    return is_stale(state_);
}

std::optional<platform::Time> CacheUpdater::complete_until() const {
    const std::lock_guard lock(mutex_);
    return state_.is_filled && !state_.lacks_kept_aside ? state_.complete_until : std::nullopt;
}

std::optional<platform::Time> CacheUpdater::caught_up_until() const {
    const std::lock_guard lock(mutex_);
    return state_.is_filled && state_.has_caught_up ? state_.complete_until : std::nullopt;
}

std::chrono::milliseconds CacheUpdater::ready_in() const {
    const std::lock_guard lock(mutex_);
    return std::chrono::ceil<std::chrono::milliseconds>(state_.history.bound(clock_.monotonic())) +
           settings_.ready_margin;
}

CacheUpdater::Status CacheUpdater::status() const {
    Status status{.size = cache_.size(), .bytes = cache_.size_bytes(), .kept_aside = cache_.kept_aside_count()};
    const std::lock_guard lock(mutex_);
    const auto complete_until = state_.is_filled ? state_.complete_until_monotonic.value_or(made_at_) : made_at_;
    status.lag_seconds = std::chrono::duration<double>(clock_.monotonic() - complete_until).count();
    status.last_incremental_at = state_.last_incremental_at;
    status.last_full_at = state_.last_full_at;
    status.is_filled = state_.is_filled;
    status.is_stale = is_stale(state_);
    return status;
}

void CacheUpdater::update_gauges() {
    const Status now = status();
    metrics_.size.set(static_cast<double>(now.size));
    metrics_.bytes.set(static_cast<double>(now.bytes));
    metrics_.kept_aside.set(static_cast<double>(now.kept_aside));
    metrics_.lag_seconds.set(now.lag_seconds);
    metrics_.stale.set(now.is_stale ? 1 : 0);
}

}  // namespace twinfleet::incremental_cache

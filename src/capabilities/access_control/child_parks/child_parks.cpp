#include "capabilities/access_control/child_parks/child_parks.hpp"

#include "platform/errors/store_error.hpp"

namespace twinfleet::access_control {

ChildParks::ChildParks(const ParkSource& source, ParkMemory& memory, const platform::Clock& clock,
                       const ChildParkSettings& settings, log::Logger& log)
    : source_(source),
      memory_(memory),
      clock_(clock),
      settings_(settings),
      log_(log),
      cache_(ParkCache(settings.cached_parks_max)) {}

bool ChildParks::is_child(const ParkId& park_id) {
    const auto now = clock_.monotonic();
    if (const auto cached = cache_.with([&](ParkCache& cache) { return cache.is_child(park_id, now); })) {
        return *cached;
    }
    const auto remembered = memory_.recall_is_child(park_id);
    bool is_child = remembered.value_or(false);
    // Once a child, always a child.
    if (!is_child) {
        try {
            is_child = ask(park_id);
            if (remembered != is_child) {
                memory_.remember(park_id, is_child);
            }
        } catch (const platform::StoreUnavailable&) {
            if (!remembered) {
                throw;
            }
        }
    }
    keep(park_id, is_child);
    return is_child;
}

void ChildParks::note_child(const ParkId& park_id) {
    keep(park_id, true);
}

bool ChildParks::ask(const ParkId& park_id) {
    const auto now = clock_.monotonic();
    if (source_is_away_until_.with([now](auto until) { return now < until; })) {
        throw platform::StoreUnavailable("the source of child parks", "it was away a moment ago");
    }
    const auto set_away = [this](const std::exception& reason) {
        const auto until = clock_.monotonic() + settings_.source_pause;
        source_is_away_until_.with([until](auto& value) { value = until; });
        log_.warning("which parks are children cannot be asked", {{"reason", reason.what()}});
    };
    try {
        return source_.is_child(park_id);
    } catch (const platform::StoreUnavailable& away) {
        set_away(away);
        throw;
    } catch (const platform::StoreRefused& refused) {
        // As good as away: it may be mended without us.
        set_away(refused);
        throw platform::StoreUnavailable(refused.store(), "it refuses to tell");
    }
}

void ChildParks::keep(const ParkId& park_id, bool is_child) {
    const auto good_until = clock_.monotonic() + (is_child ? settings_.child_lifetime : settings_.not_child_lifetime);
    cache_.with([&](ParkCache& cache) {
        // An answer that was under way when the park turned out to be a child must not hide that.
        if (is_child || !cache.is_child(park_id, clock_.monotonic()).value_or(false)) {
            cache.set(park_id, is_child, good_until);
        }
    });
}

}  // namespace twinfleet::access_control

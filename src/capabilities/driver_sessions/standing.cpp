#include "capabilities/driver_sessions/standing.hpp"

#include <optional>
#include <string>

namespace twinfleet::driver_sessions {
namespace {

using driver_cache::Driver;
using driver_cache::FleetDirectory;
using driver_cache::Park;
using driver_cache::WorkStatus;

/// What it means that the directory does not hold something.
enum class Absence : std::uint8_t {
    /// It was made just now.
    not_here_yet,
    removed,
    /// It was removed, or it cannot be read, which is not known yet.
    removed_or_unreadable,
};

/// Looks at everything that decides before it says anything: that a right is gone counts more than that something is
/// missing or cannot be read, wherever each was found.
class Judgement {
public:
    explicit Judgement(const FleetDirectory& directory) : directory_(directory) {}

    void look_at(const DriverKey& key) {
        driver_ = find_driver(key.driver_id, Standing::driver_missing);
        if (driver_ && driver_->park_id != key.park_id) {
            refuse(Standing::driver_moved);
        }
        if (driver_ && driver_->work_status != WorkStatus::working) {
            refuse(Standing::driver_not_working);
        }
        look_at_park(key.park_id);
        look_at_parent();
    }

    void look_at_park(std::string_view park_id) {
        park_ = find_park(park_id, Standing::park_missing);
        if (!park_) {
            return;
        }
        if (!park_->is_active) {
            refuse(Standing::park_not_active);
        }
        if (!park_->is_child()) {
            return;
        }
        parent_park_ = find_park(park_->parent_park_id, Standing::parent_park_missing);
        if (parent_park_ && !parent_park_->is_active) {
            refuse(Standing::parent_park_not_active);
        }
    }

    [[nodiscard]] Standing verdict(Absence absence) const {
        if (refusal_) {
            return *refusal_;
        }
        if (missing_ && absence == Absence::removed) {
            return *missing_;
        }
        if (is_something_unreadable_ || (missing_ && absence == Absence::removed_or_unreadable)) {
            return Standing::unknown;
        }
        rely();
        return Standing::works;
    }

private:
    void look_at_parent() {
        const bool is_child = driver_ && (!driver_->parent_driver_id.empty() || (park_ && park_->is_child()));
        if (!is_child) {
            return;
        }
        parent_ = find_driver(driver_->parent_driver_id, Standing::parent_missing);
        if (!parent_) {
            return;
        }
        if (parent_->work_status != WorkStatus::working) {
            refuse(Standing::parent_not_working);
        }
        if (park_ && park_->parent_park_id != parent_->park_id) {
            refuse(Standing::parent_moved);
        }
    }

    std::optional<Driver> find_driver(std::string_view id, Standing if_missing) {
        auto found = directory_.driver(id);
        if (!found && directory_.is_driver_kept_aside(id)) {
            is_something_unreadable_ = true;
            return std::nullopt;
        }
        if (!found) {
            // It may have become readable between the two questions.
            found = directory_.driver(id);
        }
        if (!found) {
            miss(if_missing);
        }
        return found;
    }
    std::optional<Park> find_park(std::string_view id, Standing if_missing) {
        auto found = directory_.park(id);
        if (!found && directory_.is_park_kept_aside(id)) {
            is_something_unreadable_ = true;
            return std::nullopt;
        }
        if (!found) {
            found = directory_.park(id);
        }
        if (!found) {
            miss(if_missing);
        }
        return found;
    }

    void refuse(Standing standing) {
        if (!refusal_) {
            refusal_ = standing;
        }
    }
    void miss(Standing standing) {
        if (!missing_) {
            missing_ = standing;
        }
    }

    /// Somebody is let in by these documents.
    void rely() const {
        for (const auto* driver : {&driver_, &parent_}) {
            if (*driver) {
                directory_.rely_on_driver((*driver)->id);
            }
        }
        for (const auto* park : {&park_, &parent_park_}) {
            if (*park) {
                directory_.rely_on_park((*park)->id);
            }
        }
    }

    const FleetDirectory& directory_;
    std::optional<Driver> driver_;
    std::optional<Driver> parent_;
    std::optional<Park> park_;
    std::optional<Park> parent_park_;
    std::optional<Standing> refusal_;
    std::optional<Standing> missing_;
    bool is_something_unreadable_ = false;
};

}  // namespace

std::string_view name_of(Standing standing) noexcept {
    switch (standing) {
        case Standing::works:
            return "works";
        case Standing::unknown:
            return "unknown";
        case Standing::driver_not_working:
            return "driver_not_working";
        case Standing::driver_moved:
            return "driver_moved";
        case Standing::driver_missing:
            return "driver_missing";
        case Standing::park_not_active:
            return "park_not_active";
        case Standing::park_missing:
            return "park_missing";
        case Standing::parent_not_working:
            return "parent_not_working";
        case Standing::parent_moved:
            return "parent_moved";
        case Standing::parent_missing:
            return "parent_missing";
        case Standing::parent_park_not_active:
            return "parent_park_not_active";
        case Standing::parent_park_missing:
            return "parent_park_missing";
    }
    return "unknown";
}

Standing standing_of(const Session& session, const FleetDirectory& directory) {
    if (directory.is_stale()) {
        return Standing::unknown;
    }
    // Asked first: what is not found below may have come in meanwhile, but was not missed.
    const auto covers_the_beginning = [&](std::optional<platform::Time> until) {
        return until && *until > session.created_at + clock_skew_max;
    };
    const auto absence = covers_the_beginning(directory.complete_until())    ? Absence::removed
                         : covers_the_beginning(directory.caught_up_until()) ? Absence::removed_or_unreadable
                                                                             : Absence::not_here_yet;
    Judgement judgement(directory);
    judgement.look_at(session.driver);
    return judgement.verdict(absence);
}

Standing standing_of(const DriverKey& driver, const FleetDirectory& directory) {
    Judgement judgement(directory);
    judgement.look_at(driver);
    return judgement.verdict(Absence::removed);
}

Standing standing_of_park(std::string_view park_id, const FleetDirectory& directory) {
    Judgement judgement(directory);
    judgement.look_at_park(park_id);
    return judgement.verdict(Absence::removed);
}

}  // namespace twinfleet::driver_sessions

#include "capabilities/mirroring/verification/trust_watch.hpp"

#include <algorithm>
#include <exception>
#include <limits>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr bson::Timestamp last_timestamp{std::numeric_limits<std::uint32_t>::max(),
                                         std::numeric_limits<std::uint32_t>::max()};
constexpr std::int64_t last_date_ms = std::numeric_limits<std::int64_t>::max();

/// Whether the oldest document behind the position changed before then. The index on `updated_ts` leads to it.
bool is_oldest_before(EntityStore& store, const bson::ChangePosition& position, std::int64_t then_ms,
                      const Projector& projector) {
    const auto stream = store.changed_since(position, {}, {.documents_max = 1, .bytes_max = 1});
    DocumentBatch oldest;
    if (!stream->next(oldest)) {
        return false;
    }
    const auto changed_at = to_time(projector.inspect(oldest[0]).version);
    return changed_at && *changed_at < Time(std::chrono::milliseconds(then_ms));
}

}  // namespace

TrustWatch::TrustWatch(VerificationStore& verification, LinkStore& links,
                       const std::map<std::string, EntityStore*, std::less<>>& stores, JobMetrics& metrics,
                       std::vector<domain::AppFamily> families, std::chrono::milliseconds stalled_after)
    : verification_(verification),
      links_(links),
      stores_(stores),
      metrics_(metrics),
      families_(std::move(families)),
      stalled_after_(stalled_after) {}

void TrustWatch::look() {
    std::exception_ptr failure;
    for (const JobAges& ages : verification_.ages(families_)) {
        const auto family = std::ranges::find(families_, ages.family, &domain::AppFamily::name);
        const auto entity = std::ranges::find(entities(), ages.entity, &Entity::name);
        if (family == families_.end() || entity == entities().end() || !stores_.contains(ages.entity)) {
            // Of a job that this installation does not have, nothing grows old.
            continue;
        }
        metrics_.set_verified_age(ages.entity, ages.family, ages.verified);
        try {
            metrics_.set_stalled(ages.entity, ages.family, is_stalled(*entity, *family, ages));
        } catch (const std::exception&) {
            failure = std::current_exception();
        }
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

bool TrustWatch::is_stalled(const Entity& entity, const domain::AppFamily& family, const JobAges& ages) {
    if (ages.cursor < stalled_after_) {
        return false;
    }
    EntityStore& store = *stores_.find(entity.name)->second;
    const std::int64_t then_ms = store.server_time_ms() - stalled_after_.count();
    const Projector projector(entity, family);
    // One type at a time: documents of the other one are read only when there are none of the first.
    bson::ChangePosition timestamps = links_.cursor(entity, family).value_or(Cursor{}).position;
    bson::ChangePosition dates = timestamps;
    timestamps.date_ms = last_date_ms;
    dates.timestamp = last_timestamp;
    return is_oldest_before(store, timestamps, then_ms, projector) ||
           is_oldest_before(store, dates, then_ms, projector);
}

}  // namespace twinfleet::mirroring

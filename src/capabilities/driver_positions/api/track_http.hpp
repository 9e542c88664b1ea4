#pragma once

#include "capabilities/driver_positions/api/positions_http.hpp"
#include "capabilities/driver_positions/tracks/track.hpp"

namespace twinfleet::driver_positions {

/// A question for a page of a track: the positions within a span of time, at most `limit` of them.
struct TrackQuery {
    TimeSpan span;
    std::size_t limit = 0;
};

/// Reads the query `from=&to=&cursor=&limit=`, whose parameters are all optional. Without `from` the span begins with
/// the oldest position that is kept, without `to` it ends with the newest. The resulting span is what is still to be
/// shown behind the cursor, and it is never much longer than the time for which positions are kept; it may be empty.
/// Throws json::BadInput, which names the parameter that is wrong.
[[nodiscard]] TrackQuery read_track_query(std::string_view query, const PositionSettings& settings, platform::Time now);

/// The page as JSON: `{"positions": [...], "next_cursor": null | "..."}`.
[[nodiscard]] std::string page_json(const TrackPage& page);

/// The route `GET /v1/driver/track` (contract, section 4), which shows the track of the driver whose session calls. Who
/// reads more than PositionSettings::track_pages_per_s gets 429 `too_many_requests` with Retry-After.
[[nodiscard]] std::vector<api::Route> track_routes(const PositionsApi& api);

}  // namespace twinfleet::driver_positions

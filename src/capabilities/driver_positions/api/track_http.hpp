#pragma once

#include "capabilities/driver_positions/api/positions_http.hpp"
#include "capabilities/driver_positions/tracks/track.hpp"

namespace twinfleet::driver_positions {

struct TrackQuery {
    TimeSpan span;
    std::size_t limit = 0;
};

/// `from=&to=&cursor=&limit=`, all optional: without `from` from the oldest that is kept, without `to` to the newest.
/// The span is what the cursor has left of it, cut to what is kept, so hardly longer than the retention; it may be
/// empty. Throws json::BadInput that names the parameter.
[[nodiscard]] TrackQuery read_track_query(std::string_view query, const PositionSettings& settings, platform::Time now);

/// `{"positions": [...], "next_cursor": null | "..."}`.
[[nodiscard]] std::string page_json(const TrackPage& page);

/// `GET /v1/driver/track`: the driver's whose session it is.
[[nodiscard]] std::vector<api::Route> track_routes(const PositionsApi& api);

}  // namespace twinfleet::driver_positions

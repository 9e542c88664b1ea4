#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "simulator/random.hpp"
#include "simulator/tracks/track.hpp"

namespace twinfleet::simulator {

/// What a car's receiver noted, by time, from 0 on. At least two.
struct Recording {
    struct Sample {
        std::chrono::seconds time;
        Place place;
    };
    std::vector<Sample> samples;
};

/// Lines of `latitude longitude occupied unix_time` in whatever order, as the cabspotting traces have them. Samples
/// that a car cannot have reached (over 45 m/s since the one before) are left out, as are those of a repeated time.
/// Throws std::invalid_argument that names `name` and the line for what cannot be read, and for fewer than two samples.
[[nodiscard]] Recording read_recording(std::string_view text, std::string_view name);

/// Of all `*.txt` of a folder, by name. Throws std::invalid_argument as read_recording, and when there are none.
[[nodiscard]] std::vector<Recording> read_recordings(const std::filesystem::path& folder);

/// Drives along a recording, to its end, back again, and so on, from somewhere in the middle. Between samples it is
/// straight and even. `recording` must outlive the track.
[[nodiscard]] std::unique_ptr<Track> drive_along(const Recording& recording, Random random);

}  // namespace twinfleet::simulator

#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "simulator/random.hpp"
#include "simulator/tracks/track.hpp"

namespace twinfleet::simulator {

/// What the receiver of a car has recorded: two samples or more in the order of time, the first at time 0.
struct Recording {
    struct Sample {
        std::chrono::seconds time;
        Place place;
    };
    std::vector<Sample> samples;
};

/// Reads lines of `latitude longitude occupied unix_time`, as in the cabspotting traces, in whatever order they are.
/// Left out are samples that no car can have reached (over 45 m/s since the one before) and those whose time occurs
/// again. Throws std::invalid_argument for a line that cannot be read, with `name` and the number of the line in the
/// message, and when fewer than two samples are left.
[[nodiscard]] Recording read_recording(std::string_view text, std::string_view name);

/// The recordings of all files `*.txt` in a folder, in the order of the files' names. Throws std::invalid_argument as
/// read_recording() does, and when there are no such files.
[[nodiscard]] std::vector<Recording> read_recordings(const std::filesystem::path& folder);

/// A track along a recording: it begins somewhere in the middle, goes to the end, back to the beginning, and so on.
/// Between two samples the car goes straight and at an even speed. `recording` must outlive the track.
[[nodiscard]] std::unique_ptr<Track> drive_along(const Recording& recording, Random random);

}  // namespace twinfleet::simulator

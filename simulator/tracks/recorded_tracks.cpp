#include "simulator/tracks/recorded_tracks.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

namespace twinfleet::simulator {
namespace {

constexpr double speed_max_mps = 45;

/// Takes the first word off `line`.
template <typename Number>
std::optional<Number> take_number(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    Number number{};
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (problem != std::errc()) {
        return std::nullopt;
    }
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return number;
}

std::optional<Recording::Sample> read_line(std::string_view line) {
    const auto latitude = take_number<double>(line);
    const auto longitude = take_number<double>(line);
    const auto occupied = take_number<int>(line);
    const auto time = take_number<std::int64_t>(line);
    const bool is_whole = latitude && longitude && occupied && time && line.find_first_not_of(" \t\r") == line.npos;
    if (!is_whole || !(std::abs(*latitude) <= 85) || !(std::abs(*longitude) <= 180)) {
        return std::nullopt;
    }
    return Recording::Sample{.time = std::chrono::seconds(*time),
                             .place = {.latitude = *latitude, .longitude = *longitude}};
}

class Drive final : public Track {
public:
    Drive(const Recording& recording, Random random) : samples_(recording.samples) {
        const auto length = std::chrono::milliseconds(samples_.back().time);
        start_ = std::chrono::milliseconds(random.below(2 * static_cast<std::uint64_t>(length.count())));
    }

    Fix at(std::chrono::milliseconds since_start) override {
        const auto length = std::chrono::milliseconds(samples_.back().time);
        auto time = (start_ + since_start) % (2 * length);
        const bool goes_back = time >= length;
        if (goes_back) {
            time = 2 * length - time;
        }
        auto after = std::upper_bound(samples_.begin() + 1, samples_.end() - 1, time,
                                      [](auto wanted, const auto& sample) { return wanted < sample.time; });
        auto before = after - 1;
        const double share = std::chrono::duration<double>(time - before->time) /
                             std::chrono::duration<double>(after->time - before->time);
        const Offset way = offset(before->place, after->place);
        const double duration_s = std::chrono::duration<double>(after->time - before->time).count();
        const Offset seen = goes_back ? Offset{-way.north_m, -way.east_m} : way;
        return {.place = {.latitude = std::lerp(before->place.latitude, after->place.latitude, share),
                          .longitude = std::lerp(before->place.longitude, after->place.longitude, share)},
                .speed_mps = way.length_m() / duration_s,
                .direction_degrees = seen.direction_degrees()};
    }

private:
    const std::vector<Recording::Sample>& samples_;
    std::chrono::milliseconds start_{};
};

}  // namespace

Recording read_recording(std::string_view text, std::string_view name) {
    std::vector<Recording::Sample> samples;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.find_first_not_of(" \t\r") == line.npos) {
            continue;
        }
        const auto sample = read_line(line);
        if (!sample) {
            throw std::invalid_argument(std::string(name) + ":" + std::to_string(number) +
                                        ": expected `latitude longitude occupied unix_time`");
        }
        samples.push_back(*sample);
    }
    std::stable_sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.time < b.time; });

    Recording recording;
    for (const auto& sample : samples) {
        if (recording.samples.empty()) {
            recording.samples.push_back({{}, sample.place});
            continue;
        }
        const auto time = sample.time - samples.front().time;
        const auto& before = recording.samples.back();
        const double elapsed_s = std::chrono::duration<double>(time - before.time).count();
        if (elapsed_s > 0 && offset(before.place, sample.place).length_m() <= elapsed_s * speed_max_mps) {
            recording.samples.push_back({time, sample.place});
        }
    }
    if (recording.samples.size() < 2) {
        throw std::invalid_argument(std::string(name) + ": expected at least two samples");
    }
    return recording;
}

std::vector<Recording> read_recordings(const std::filesystem::path& folder) {
    std::error_code problem;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
        if (entry.path().extension() == ".txt") {
            files.push_back(entry.path());
        }
    }
    if (files.empty()) {
        throw std::invalid_argument("no tracks (*.txt) in " + folder.string());
    }
    std::sort(files.begin(), files.end());
    std::vector<Recording> recordings;
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        recordings.push_back(read_recording(text, path.string()));
    }
    return recordings;
}

std::unique_ptr<Track> drive_along(const Recording& recording, Random random) {
    return std::make_unique<Drive>(recording, random);
}

}  // namespace twinfleet::simulator

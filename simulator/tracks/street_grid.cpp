// Time passes in steps of half a second. In each the car is as fast as it may be: no faster than it can brake before
// the next crossing down to the speed that it wants to have there.
#include "simulator/tracks/street_grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace twinfleet::simulator {
namespace {

struct Heading {
    int north;
    int east;
};
/// Clockwise from north.
constexpr std::array headings{Heading{1, 0}, Heading{0, 1}, Heading{-1, 0}, Heading{0, -1}};

constexpr double step_s = 0.5;

class Wandering final : public Track {
public:
    Wandering(const StreetGrid& grid, Random random) : grid_(grid), random_(random) {
        const auto anywhere = [this] {
            return static_cast<int>(random_.below(2 * static_cast<std::uint64_t>(grid_.blocks_to_edge) + 1)) -
                   grid_.blocks_to_edge;
        };
        north_ = anywhere();
        east_ = anywhere();
        heading_ = random_.below(headings.size());
        choose_street();
        along_m_ = random_.between(0, grid_.block_m);
        remember();
    }

    Fix at(std::chrono::milliseconds since_start) override {
        const double wanted_s = static_cast<double>(since_start.count()) / 1000;
        while (now_s_ < wanted_s) {
            step();
        }
        // Between the two ends of the last step.
        const double share = std::clamp(1 - (now_s_ - wanted_s) / step_s, 0.0, 1.0);
        const Offset before = offset_of(before_north_, before_east_, before_heading_, before_m_);
        const Offset after = offset_of(north_, east_, heading_, along_m_);
        return {.place = moved(grid_.centre, {.north_m = std::lerp(before.north_m, after.north_m, share),
                                              .east_m = std::lerp(before.east_m, after.east_m, share)}),
                .speed_mps = speed_mps_,
                .direction_degrees = 90.0 * static_cast<double>(heading_)};
    }

private:
    /// From the centre; `along_m` behind the crossing.
    [[nodiscard]] Offset offset_of(int north, int east, std::size_t heading, double along_m) const {
        const auto [to_north, to_east] = headings.at(heading);
        return {.north_m = north * grid_.block_m + to_north * along_m,
                .east_m = east * grid_.block_m + to_east * along_m};
    }

    [[nodiscard]] bool leaves_city(std::size_t heading) const {
        const auto [to_north, to_east] = headings.at(heading);
        return std::abs(north_ + to_north) > grid_.blocks_to_edge || std::abs(east_ + to_east) > grid_.blocks_to_edge;
    }

    void choose_street() {
        if (random_.chance(grid_.turn_share)) {
            heading_ = (heading_ + (random_.chance(0.5) ? 1 : 3)) % headings.size();
        }
        while (leaves_city(heading_)) {
            heading_ = (heading_ + 1) % headings.size();
        }
        limit_mps_ = random_.between(0.5, 1) * grid_.speed_max_mps;
        stops_ = random_.chance(grid_.stop_share);
    }

    void remember() {
        before_north_ = north_;
        before_east_ = east_;
        before_heading_ = heading_;
        before_m_ = along_m_;
    }

    void step() {
        remember();
        now_s_ += step_s;
        if (standing_s_ > 0) {
            standing_s_ -= step_s;
            return;
        }
        const double left_m = std::max(grid_.block_m - along_m_, 0.0);
        const double at_crossing_mps = stops_ ? 0 : grid_.turning_speed_mps;
        const double braking_mps = std::sqrt(at_crossing_mps * at_crossing_mps + 2 * grid_.deceleration_mps2 * left_m);
        // Half a metre a second at least, or it would never reach the line where it has to stop.
        speed_mps_ = std::max(std::min({speed_mps_ + grid_.acceleration_mps2 * step_s, limit_mps_, braking_mps}), 0.5);
        along_m_ += speed_mps_ * step_s;
        if (along_m_ >= grid_.block_m) {
            reach_crossing();
        }
    }

    void reach_crossing() {
        if (stops_) {
            speed_mps_ = 0;
            standing_s_ = random_.chance(grid_.passenger_share)
                              ? random_.between(grid_.stop_s_max, grid_.passenger_s_max)
                              : random_.between(grid_.stop_s_min, grid_.stop_s_max);
        }
        north_ += headings.at(heading_).north;
        east_ += headings.at(heading_).east;
        along_m_ = 0;
        choose_street();
    }

    const StreetGrid grid_;
    Random random_;
    double now_s_ = 0;
    /// The crossing that lies behind, and how far.
    int north_ = 0;
    int east_ = 0;
    std::size_t heading_ = 0;
    double along_m_ = 0;
    double speed_mps_ = 0;
    double standing_s_ = 0;
    /// Of the street that it is in.
    double limit_mps_ = 0;
    bool stops_ = false;
    // One step ago.
    int before_north_ = 0;
    int before_east_ = 0;
    std::size_t before_heading_ = 0;
    double before_m_ = 0;
};

}  // namespace

std::unique_ptr<Track> wander(const StreetGrid& grid, Random random) {
    return std::make_unique<Wandering>(grid, random);
}

}  // namespace twinfleet::simulator

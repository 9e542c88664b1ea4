#include "apps/fleet_synchronizer/output/progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "platform/concurrency/backoff.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds bar_interval{100};
constexpr seconds line_interval{10};
constexpr std::size_t bar_columns = 10;

/// A source that grows meanwhile is not read to its end before the run says so.
double share_done(std::uint64_t read, std::uint64_t expected) {
    return std::min(static_cast<double>(read) / static_cast<double>(expected), 0.99);
}

std::string duration_text(double seconds_left) {
    const auto total = static_cast<std::uint64_t>(std::ceil(seconds_left));
    std::array<char, 64> text{};
    const int length =
        total >= 3'600
            ? std::snprintf(
                  text.data(), text.size(), "%llu:%02llu:%02llu", static_cast<unsigned long long>(total / 3'600),
                  static_cast<unsigned long long>(total / 60 % 60), static_cast<unsigned long long>(total % 60))
            : std::snprintf(text.data(), text.size(), "%llu:%02llu", static_cast<unsigned long long>(total / 60),
                            static_cast<unsigned long long>(total % 60));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::string progress_text(std::uint64_t read, std::uint64_t expected, nanoseconds elapsed) {
    std::string text;
    if (expected > 0) {
        text += std::to_string(static_cast<int>(share_done(read, expected) * 100)) + " %  ";
    }
    text += grouped(read);
    text += expected > 0 ? " of " + grouped(expected) : " read";
    const double elapsed_seconds = std::chrono::duration<double>(elapsed).count();
    if (read > 0 && elapsed_seconds > 0) {
        const double rate = static_cast<double>(read) / elapsed_seconds;
        text += "  " + grouped(static_cast<std::uint64_t>(std::llround(rate))) + "/s";
        if (expected > read) {
            text += "  " + duration_text(static_cast<double>(expected - read) / rate) + " left";
        }
    }
    return text;
}

std::string progress_bar(std::uint64_t read, std::uint64_t expected) {
    const auto filled = static_cast<std::size_t>(share_done(read, expected) * bar_columns);
    return "[" + std::string(filled, '#') + std::string(bar_columns - filled, '-') + "]";
}

Progress::Progress(Console& console, const platform::Clock& clock, std::string title, std::uint64_t expected)
    : console_(console),
      clock_(clock),
      title_(std::move(title)),
      expected_(expected),
      started_at_(clock.monotonic()),
      next_at_(console.has_status() ? started_at_ : started_at_ + line_interval) {}

Progress::~Progress() {
    console_.clear_status();
}

void Progress::update(std::uint64_t read) {
    const std::lock_guard lock(mutex_);
    read_ = read;
}

void Progress::tick() {
    const nanoseconds now = clock_.monotonic();
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        if (now < next_at_) {
            return;
        }
        next_at_ = now + (console_.has_status() ? nanoseconds(bar_interval) : nanoseconds(line_interval));
        text = progress_text(read_, expected_, now - started_at_);
        if (console_.has_status() && expected_ > 0) {
            text = progress_bar(read_, expected_) + "  " + text;
        }
    }
    if (console_.has_status()) {
        console_.show_status(title_ + "  " + text);
    } else {
        console_.say(title_ + ": " + text);
    }
}

ProgressTicker::ProgressTicker(Progress& progress)
    : thread_([&progress](const std::stop_token& stop) {
          do {
              progress.tick();
          } while (platform::wait_for(stop, bar_interval));
      }) {}

}  // namespace twinfleet::fleet_synchronizer

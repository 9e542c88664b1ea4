#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace twinfleet::simulator {

/// Counts durations, in microseconds, in buckets whose width grows with the value: each power of two is divided into 64
/// buckets of equal width, as in HDR histograms (hdrhistogram.org). A quantile is off by at most 1/128 of its value,
/// plus the microsecond that is the unit. There are never more than 3,712 counters, and merging two histograms loses
/// nothing.
class Histogram {
public:
    /// Negative durations count as 0.
    void record(std::chrono::nanoseconds duration) {
        const auto value = static_cast<std::uint64_t>(
            std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count(), 0));
        const std::size_t bucket = bucket_of(value);
        if (bucket >= counts_.size()) {
            counts_.resize(bucket + 1);
        }
        ++counts_[bucket];
        ++count_;
        max_ = std::max(max_, value);
    }

    void merge(const Histogram& other) {
        if (other.counts_.size() > counts_.size()) {
            counts_.resize(other.counts_.size());
        }
        for (std::size_t bucket = 0; bucket < other.counts_.size(); ++bucket) {
            counts_[bucket] += other.counts_[bucket];
        }
        count_ += other.count_;
        max_ = std::max(max_, other.max_);
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// The longest duration, exact to the microsecond; 0 when nothing was recorded.
    [[nodiscard]] std::chrono::microseconds max() const noexcept { return std::chrono::microseconds(max_); }

    /// The duration that a share (0 to 1) of those recorded does not exceed (nearest rank); 0 when nothing was
    /// recorded.
    [[nodiscard]] std::chrono::microseconds quantile(double share) const {
        const auto rank =
            std::max(std::uint64_t{1},
                     static_cast<std::uint64_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_))));
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            seen += counts_[bucket];
            if (seen >= rank) {
                return std::chrono::microseconds(std::min(middle_of(bucket), max_));
            }
        }
        return {};
    }

private:
    static constexpr unsigned sub_bucket_bits = 6;
    static constexpr std::uint64_t sub_buckets = std::uint64_t{1} << sub_bucket_bits;

    /// Below twice `sub_buckets` a bucket is one value wide.
    static std::size_t bucket_of(std::uint64_t value) noexcept {
        const auto magnitude = static_cast<unsigned>(std::bit_width(value));
        const unsigned shift = magnitude <= sub_bucket_bits + 1 ? 0 : magnitude - sub_bucket_bits - 1;
        return shift * sub_buckets + (value >> shift);
    }
    static std::uint64_t middle_of(std::size_t bucket) noexcept {
        const std::uint64_t shift = bucket < 2 * sub_buckets ? 0 : bucket / sub_buckets - 1;
        const std::uint64_t lowest = (bucket - shift * sub_buckets) << shift;
        return lowest + ((std::uint64_t{1} << shift) - 1) / 2;
    }

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace twinfleet::simulator

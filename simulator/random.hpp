#pragma once

#include <cstdint>

namespace twinfleet::simulator {

/// Random numbers by SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), which needs
/// only eight bytes of state: each of thousands of drivers has one. Satisfies UniformRandomBitGenerator.
class Random {
public:
    using result_type = std::uint64_t;

    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}
    /// One of many sequences of the same seed; those of different numbers have nothing in common.
    Random(std::uint64_t seed, std::uint64_t number) noexcept : state_(seed) { state_ = (*this)() ^ Random(number)(); }

    [[nodiscard]] static constexpr result_type min() noexcept { return 0; }
    [[nodiscard]] static constexpr result_type max() noexcept { return UINT64_MAX; }
    result_type operator()() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    /// Evenly from 0 to `bound` - 1; `bound` must not be 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept { return (*this)() % bound; }
    /// Evenly from `low` up to `high`.
    [[nodiscard]] double between(double low, double high) noexcept {
        return low + (high - low) * static_cast<double>((*this)() >> 11U) * 0x1p-53;
    }
    /// True with this probability.
    [[nodiscard]] bool chance(double share) noexcept { return between(0, 1) < share; }

private:
    std::uint64_t state_;
};

}  // namespace twinfleet::simulator

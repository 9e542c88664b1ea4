#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What the registers do not hold: ids, chance, people, phones and licences. All of it follows from keys such as
/// "chicago/car/1767Taxi" alone, so that every run and every machine makes the same documents.
namespace twinfleet::sample_fleets {

/// 32 lower-case hex digits (contract, section 1): BLAKE2b of the key.
[[nodiscard]] std::string id_of(std::string_view key);

/// A sequence of numbers that follows from its key (SplitMix64, seeded by BLAKE2b of the key).
class Dice {
public:
    explicit Dice(std::string_view key);

    [[nodiscard]] std::uint64_t next() noexcept;
    /// Evenly from 0 to `bound` - 1; `bound` must not be 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;
    /// True so many times in a thousand.
    [[nodiscard]] bool per_mille(std::uint32_t share) noexcept { return below(1000) < share; }
    template <typename Range>
    [[nodiscard]] const auto& pick(const Range& choices) noexcept {
        return choices[below(std::size(choices))];
    }

private:
    std::uint64_t state_;
};

[[nodiscard]] std::string_view first_name(Dice& dice) noexcept;
[[nodiscard]] std::string_view last_name(Dice& dice) noexcept;

/// Two blocks of country code 888, which was set aside for telecommunications for disaster relief (ITU-T E.164, list of
/// assigned codes) and never came into service. By the metadata of libphonenumber any 11 digits behind it are a number,
/// so one can log in with it, and it never rings.
enum class PhoneBlock : std::uint8_t { benchmarks, samples };
inline constexpr std::uint32_t phones_per_block = 80'000'000;
/// E.164, another one for every index below phones_per_block.
[[nodiscard]] std::string phone_number(PhoneBlock block, std::uint32_t index);

/// Where in PhoneBlock::samples each of those who invent phones begins, so that no two distinct people share a phone.
inline constexpr std::uint32_t phones_of_city_fleets = 0;
inline constexpr std::uint32_t phones_of_parks = 20'000'000;
inline constexpr std::uint32_t phones_of_bad_documents = 30'000'000;
inline constexpr std::uint32_t phones_of_edits = 40'000'000;

/// Invented licences are two letters, which tell who invented them, and eight digits.
enum class LicenseSeries : std::uint8_t { city, synthetic, bad };
/// As people type it: with hyphens, spaces, in lower case, once in a hundred with Cyrillic letters that look Latin.
[[nodiscard]] std::string license_number(LicenseSeries series, std::uint32_t index, Dice& dice);

}  // namespace twinfleet::sample_fleets

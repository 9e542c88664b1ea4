#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What the registers do not hold: ids, random numbers, people, phones and licences. All of it follows from keys such
/// as "chicago/car/1767Taxi" alone, so that every run and every machine makes the same documents.
namespace twinfleet::sample_fleets {

/// The id that belongs to a key: 32 lower-case hex digits (contract, section 1), which are the BLAKE2b hash of the key.
[[nodiscard]] std::string id_of(std::string_view key);

/// A sequence of numbers that follows from its key (SplitMix64, seeded by BLAKE2b of the key).
class Dice {
public:
    explicit Dice(std::string_view key);

    [[nodiscard]] std::uint64_t next() noexcept;
    /// A number from 0 to `bound` - 1, all equally likely; `bound` must not be 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;
    /// True with a probability of `share` in a thousand.
    [[nodiscard]] bool per_mille(std::uint32_t share) noexcept { return below(1000) < share; }
    /// One of the choices, all equally likely; there must be at least one.
    template <typename Range>
    [[nodiscard]] const auto& pick(const Range& choices) noexcept {
        return choices[below(std::size(choices))];
    }

private:
    std::uint64_t state_;
};

[[nodiscard]] std::string_view first_name(Dice& dice) noexcept;
[[nodiscard]] std::string_view last_name(Dice& dice) noexcept;

/// Two blocks of the country code 888, which was set aside for telecommunications for disaster relief (ITU-T E.164,
/// list of assigned codes) and never came into service. By the metadata of libphonenumber, 888 and any 11 digits are a
/// valid number, so one can log in with such a number, and no phone rings.
enum class PhoneBlock : std::uint8_t { benchmarks, samples };
inline constexpr std::uint32_t phones_per_block = 80'000'000;
/// The phone number of that index within the block, in the form of ITU-T E.164. Each index below phones_per_block gives
/// another number.
[[nodiscard]] std::string phone_number(PhoneBlock block, std::uint32_t index);

/// Where in PhoneBlock::samples each kind of document takes its phones from, so that no two people share a phone who
/// are not meant to be one person.
inline constexpr std::uint32_t phones_of_city_fleets = 0;
inline constexpr std::uint32_t phones_of_parks = 20'000'000;
inline constexpr std::uint32_t phones_of_bad_documents = 30'000'000;
inline constexpr std::uint32_t phones_of_edits = 40'000'000;

/// Who invents a licence. An invented licence is two letters, which stand for the series, and eight digits.
enum class LicenseSeries : std::uint8_t { city, synthetic, bad };
/// The licence of that index within the series, as people type it: with hyphens, spaces, in lower case, once in a
/// hundred with Cyrillic letters that look Latin.
[[nodiscard]] std::string license_number(LicenseSeries series, std::uint32_t index, Dice& dice);

}  // namespace twinfleet::sample_fleets

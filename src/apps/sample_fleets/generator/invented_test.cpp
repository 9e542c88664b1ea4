#include "apps/sample_fleets/generator/invented.hpp"

#include <array>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/license.hpp"

namespace twinfleet::sample_fleets {
namespace {

using ::testing::MatchesRegex;

TEST(Invented, IdsAreBlake2bOfTheirKey) {
    // hashlib.blake2b(b"chicago/car/1767Taxi", digest_size=16).hexdigest()
    EXPECT_EQ(id_of("chicago/car/1767Taxi"), "500bdf8d610f5b24f14849bfce4f6ddb");
    EXPECT_NE(id_of("chicago/car/1767Taxi"), id_of("chicago/car/1768Taxi"));
}

TEST(Invented, DiceFollowFromTheirKeyOnEveryMachine) {
    Dice dice("dice");
    EXPECT_EQ(dice.next(), 18304327690039227953ULL);
    EXPECT_EQ(dice.next(), 15427038351489349595ULL);
}

TEST(Invented, DiceReachEveryFaceAboutEquallyOften) {
    Dice dice("faces");
    std::array<int, 6> faces{};
    for (int i = 0; i < 6000; ++i) {
        ++faces.at(dice.below(6));
    }
    for (const auto count : faces) {
        EXPECT_NEAR(count, 1000, 150);
    }
}

TEST(Invented, PhonesAreDistinctNumbersOfTheirBlock) {
    std::set<std::string> phones;
    for (const std::uint32_t start : {0U, 9'990U, 7'999'990U, phones_per_block - 20}) {
        for (std::uint32_t i = 0; i < 20; ++i) {
            const auto phone = phone_number(PhoneBlock::samples, start + i);
            EXPECT_THAT(phone, MatchesRegex(R"(\+88896[0-9]{9})"));
            EXPECT_TRUE(phones.insert(phone).second) << "index " << start + i;
        }
    }
    EXPECT_EQ(phone_number(PhoneBlock::benchmarks, 0), "+88837000000000");
    EXPECT_EQ(phone_number(PhoneBlock::benchmarks, phones_per_block - 1), "+88837079999999");
}

TEST(Invented, LicencesAreSpeltInManyWaysButAreOneEachWhenNormalized) {
    std::set<std::string> normalized;
    std::set<std::string> first_letters;
    for (std::uint32_t index = 0; index < 2000; ++index) {
        Dice dice("license " + std::to_string(index));
        const auto number = license_number(LicenseSeries::city, index * 37, dice);
        first_letters.insert(number.substr(0, 2));
        const auto key = domain::normalize_license(number);
        EXPECT_THAT(key, MatchesRegex("TC[0-9]{8}"));
        EXPECT_TRUE(normalized.insert(key).second);
    }
    EXPECT_EQ(first_letters.size(), 3U) << "Latin capitals, small letters and Cyrillic ones";
}

TEST(Invented, SeriesOfLicencesNeverMeet) {
    std::set<std::string> normalized;
    for (const auto series : {LicenseSeries::city, LicenseSeries::synthetic, LicenseSeries::bad}) {
        Dice dice("series");
        EXPECT_TRUE(normalized.insert(domain::normalize_license(license_number(series, 5, dice))).second);
    }
}

}  // namespace
}  // namespace twinfleet::sample_fleets

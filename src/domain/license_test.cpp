#include "domain/license.hpp"

#include <gtest/gtest.h>

namespace twinfleet::domain {
namespace {

TEST(NormalizeLicense, DropsSpacesAndHyphensAndRaisesCase) {
    EXPECT_EQ(normalize_license(" ab-12 34\t56 "), "AB123456");
}

TEST(NormalizeLicense, MakesLookAlikeCyrillicLatinInBothCases) {
    EXPECT_EQ(normalize_license("АВЕКМНОРСТУХ"), "ABEKMHOPCTYX");
    EXPECT_EQ(normalize_license("авекмнорстух 99"), "ABEKMHOPCTYX99");
}

TEST(NormalizeLicense, KeepsOtherCyrillicLettersInUpperCase) {
    EXPECT_EQ(normalize_license("жЯё"), "ЖЯЁ");
}

TEST(NormalizeLicense, KeepsBytesThatAreNotText) {
    EXPECT_EQ(normalize_license("\xff\xd0"), "\xff\xd0");
    EXPECT_EQ(normalize_license(""), "");
}

TEST(NormalizeLicense, IsIdempotent) {
    const auto once = normalize_license("77 ое-123456");
    EXPECT_EQ(normalize_license(once), once);
}

}  // namespace
}  // namespace twinfleet::domain

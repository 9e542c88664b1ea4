#include "platform/http/percent.hpp"

#include <gtest/gtest.h>

namespace twinfleet::http {
namespace {

TEST(Percent, EncodesAllButUnreservedCharactersAndBack) {
    const std::string text = "aZ09-._~ /?%+\xc3\xa9";
    EXPECT_EQ(percent_encode(text), "aZ09-._~%20%2F%3F%25%2B%C3%A9");
    EXPECT_EQ(percent_decode(percent_encode(text)), text);
    EXPECT_EQ(percent_decode("%c3%A9+"), "\xc3\xa9+");
    for (const auto* wrong : {"%", "%a", "%zz", "a%2", "%00", "%ff", "%C3", "%ED%A0%80", "%C0%AF", "\xff"}) {
        EXPECT_EQ(percent_decode(wrong), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace twinfleet::http

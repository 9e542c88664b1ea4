#include "platform/text/nfc.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::platform {
namespace {

TEST(Nfc, OneNameIsTheSameBytesHoweverItIsWritten) {
    EXPECT_EQ(nfc("И\u0306ошкар-Ола"), "Йошкар-Ола");
    EXPECT_EQ(nfc("Йошкар-Ола"), "Йошкар-Ола");
    EXPECT_EQ(nfc("Zu\u0308rich"), "Zürich");
    EXPECT_EQ(nfc("\u212Bngström"), "Ångström");
    EXPECT_EQ(nfc("e\u0323\u0302"), nfc("e\u0302\u0323")) << "marks in either order";
}

TEST(Nfc, OtherNamesStayApart) {
    EXPECT_EQ(nfc("Chicago"), "Chicago");
    EXPECT_EQ(nfc(""), "");
    EXPECT_NE(nfc("Ижевск"), nfc("ижевск"));
    EXPECT_NE(nfc("ﬁ"), "fi") << "compatibility is another form";
}

TEST(Nfc, BytesThatAreNotUtf8AreToldApart) {
    EXPECT_EQ(nfc("\xff"), "\xff");
    EXPECT_NE(nfc("a\xff"), nfc("a\xfe"));
    EXPECT_EQ(nfc(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

RC_GTEST_PROP(Nfc, NormalizingTwiceChangesNothing, (const std::string& text)) {
    RC_ASSERT(nfc(nfc(text)) == nfc(text));
}

}  // namespace
}  // namespace twinfleet::platform

#include "platform/postgres/copy_rows.hpp"

#include <string_view>

#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::postgres {
namespace {

TEST(CopyRows, SeparatesColumnsByTabsAndEndsRowsByNewlines) {
    CopyRows rows;
    rows.column("a").column("").column("b c").end_row();
    rows.column("").end_row();
    EXPECT_EQ(rows.text(), "a\t\tb c\n\n");
}

TEST(CopyRows, EscapesWhatWouldEndAColumnOrARow) {
    CopyRows rows;
    rows.column("\\N").column("a\tb").column("c\nd\re").column("\\.").end_row();
    EXPECT_EQ(rows.text(), "\\\\N\ta\\tb\tc\\nd\\re\t\\\\.\n");
}

TEST(CopyRows, RefusesNul) {
    CopyRows rows;
    EXPECT_THROW(rows.column(std::string_view("b\0c", 3)), platform::StoreRefused);
}

}  // namespace
}  // namespace twinfleet::postgres

#include "platform/api/path.hpp"

#include <gtest/gtest.h>

#include "platform/json/bad_input.hpp"

namespace twinfleet::api {
namespace {

Call call_of(std::string id) {
    return {.path_arguments = {{"id", std::move(id)}}};
}

template <typename Read>
std::string path_refusal(const Read& read) {
    try {
        static_cast<void>(read());
    } catch (const json::BadInput& bad) {
        return bad.field() + ": " + bad.what();
    }
    return "nothing";
}

TEST(IdInPath, IsOfABoundedLength) {
    const Call longest = call_of(std::string(1'024, 'x'));
    EXPECT_EQ(id_in_path(longest, "id"), std::string(1'024, 'x'));
    const Call longer = call_of(std::string(1'025, 'x'));
    EXPECT_EQ(path_refusal([&] { return id_in_path(longer, "id"); }), "id: expected at most 1024 bytes of text");
}

TEST(NumberInPath, IsAWholeNumberFromOne) {
    EXPECT_EQ(number_in_path(call_of("1"), "id"), 1);
    EXPECT_EQ(number_in_path(call_of("9223372036854775807"), "id"), 9'223'372'036'854'775'807);
    for (const char* id : {"0", "-1", "x", "1x", " 1", "+1", "1.0", "9223372036854775808"}) {
        EXPECT_EQ(path_refusal([&] { return number_in_path(call_of(id), "id"); }), "id: expected a whole number from 1")
            << id;
    }
}

}  // namespace
}  // namespace twinfleet::api

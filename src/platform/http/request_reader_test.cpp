#include "platform/http/request_reader.hpp"

#include <algorithm>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::http::detail {
namespace {

using Progress = RequestReader::Progress;
using ::testing::ElementsAre;
using ::testing::Pair;

class RequestReaderTest : public ::testing::Test {
protected:
    RequestReaderTest() { reader_.begin("192.0.2.1"); }

    Progress put(std::string_view bytes) {
        const auto room = reader_.room(bytes.size());
        std::copy(bytes.begin(), bytes.end(), room.begin());
        reader_.arrived(bytes.size());
        return reader_.read_on();
    }

    RequestReader reader_{{.header_bytes_max = 200, .body_bytes_max = 10}};
};

TEST_F(RequestReaderTest, ReadsARequestInWhateverPieces) {
    const std::string_view text = "PUT /a%20b?c=d HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    for (const char& byte : text.substr(0, text.size() - 1)) {
        ASSERT_EQ(put({&byte, 1}), Progress::needs_more);
    }
    ASSERT_EQ(put("y"), Progress::whole);
    const Request& request = reader_.request();
    EXPECT_EQ(request.method, "PUT");
    EXPECT_EQ(request.path, "/a%20b");
    EXPECT_EQ(request.query, "c=d");
    EXPECT_THAT(request.headers, ElementsAre(Pair("Host", "h"), Pair("Content-Length", "4")));
    EXPECT_EQ(request.body, "body");
    EXPECT_EQ(request.peer_address, "192.0.2.1");
    EXPECT_TRUE(reader_.keeps_alive());
    EXPECT_FALSE(reader_.is_http_1_0());
}

TEST_F(RequestReaderTest, KeepsWhatComesBehindARequestForTheNext) {
    ASSERT_EQ(put("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.0\r\n\r\n"), Progress::whole);
    EXPECT_EQ(reader_.request().path, "/a");
    reader_.begin("");
    EXPECT_FALSE(reader_.has_begun());
    ASSERT_EQ(reader_.read_on(), Progress::whole);
    EXPECT_EQ(reader_.request().path, "/b");
    EXPECT_TRUE(reader_.is_http_1_0());
    EXPECT_FALSE(reader_.keeps_alive());
    reader_.begin("");
    EXPECT_EQ(reader_.read_on(), Progress::needs_more);
    EXPECT_FALSE(reader_.has_begun());
}

TEST_F(RequestReaderTest, HasBegunWithTheFirstByte) {
    EXPECT_FALSE(reader_.has_begun());
    EXPECT_EQ(put("G"), Progress::needs_more);
    EXPECT_TRUE(reader_.has_begun());
    reader_.begin("");
    EXPECT_FALSE(reader_.has_begun());
}

TEST_F(RequestReaderTest, AsksOnceForTheGoAhead) {
    EXPECT_EQ(put("PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"), Progress::needs_go_ahead);
    EXPECT_EQ(reader_.read_on(), Progress::needs_more);
    EXPECT_EQ(put("a"), Progress::needs_more);
    EXPECT_EQ(put("b"), Progress::whole);
}

TEST_F(RequestReaderTest, RefusesByTheHeaderAlone) {
    EXPECT_EQ(put("PUT / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 413);
    reader_.forget_arrived();
    reader_.begin("");
    EXPECT_EQ(put("PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 501);
    reader_.forget_arrived();
    reader_.begin("");
    EXPECT_EQ(put("GET / HTTP/1.1\r\nX: " + std::string(200, 'x')), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 431);
    reader_.forget_arrived();
    reader_.begin("");
    EXPECT_EQ(put("what?\r\n\r\n"), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 400);
}

}  // namespace
}  // namespace twinfleet::http::detail

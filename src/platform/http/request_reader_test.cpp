#include "platform/http/request_reader.hpp"

#include <algorithm>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::http::detail {
namespace {

using Progress = RequestReader::Progress;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Pair;

class RequestReaderTest : public ::testing::Test {
protected:
    RequestReaderTest() { reader_.begin("192.0.2.1"); }

    void arrive(std::string_view bytes) {
        const auto room = reader_.room(bytes.size());
        std::copy(bytes.begin(), bytes.end(), room.begin());
        reader_.arrived(bytes.size());
    }
    /// Of a caller whose head is always approved of.
    Progress put(std::string_view bytes) {
        arrive(bytes);
        return read_on();
    }
    Progress read_on() {
        const auto progress = reader_.read_on();
        return progress == Progress::head ? reader_.read_on() : progress;
    }
    /// The status of the refusal of a whole request, or of a connection of its own; 0 when it is whole.
    int status_of(std::string_view bytes) {
        reader_.forget_arrived();
        reader_.begin("");
        const auto progress = put(bytes);
        EXPECT_THAT(progress, AnyOf(Progress::whole, Progress::refused)) << bytes;
        return progress == Progress::refused ? reader_.refusal().status : 0;
    }

    BodyBudget budget_{100, 0};
    RequestReader reader_{{.header_bytes_max = 200, .body_bytes_max = 10}, budget_};
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
    ASSERT_EQ(put("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.0\r\n\r\n"), Progress::whole);
    EXPECT_EQ(reader_.request().path, "/a");
    reader_.begin("");
    EXPECT_FALSE(reader_.has_begun());
    ASSERT_EQ(read_on(), Progress::whole);
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
    EXPECT_EQ(put("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
              Progress::needs_go_ahead);
    EXPECT_EQ(reader_.read_on(), Progress::needs_more);
    EXPECT_EQ(put("a"), Progress::needs_more);
    EXPECT_EQ(put("b"), Progress::whole);
}

TEST_F(RequestReaderTest, RefusesByTheHeaderAlone) {
    EXPECT_EQ(put("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 413);
    reader_.forget_arrived();
    reader_.begin("");
    EXPECT_EQ(put("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 501);
    reader_.forget_arrived();
    reader_.begin("");
    EXPECT_EQ(put("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(200, 'x')), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 431);
    reader_.forget_arrived();
    reader_.begin("");
    EXPECT_EQ(put("what?\r\n\r\n"), Progress::refused);
    EXPECT_EQ(reader_.refusal().status, 400);
}

/// RFC 9112, section 3.2.
TEST_F(RequestReaderTest, WantsOneHostThatIsWellFormed) {
    for (const auto* host : {"h", "h.example:80", "h:", "192.0.2.1", "[2001:db8::1]:8080", "under_score"}) {
        EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 0) << host;
    }
    for (const auto* host : {"", "a b", "a/b", "user@h", "h:port", "h:99999", "h, i", "[::1", "h?", "a%2fb", ":80"}) {
        EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 400) << host;
    }
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nhost: i\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 0) << "HTTP/1.0 knew none";
    EXPECT_EQ(status_of("GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET http://a%20b/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400) << "one in the target as well";
    EXPECT_EQ(status_of("GET http://user@h/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

/// What a proxy may read as another request than this server does (RFC 9112, section 11.2).
TEST_F(RequestReaderTest, RefusesWhatCanBeReadInTwoWays) {
    const std::string begin = "POST / HTTP/1.1\r\nHost: h\r\n";
    for (const auto* fields : {"Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
                               "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
                               "Content-Length: 4, 4\r\n\r\nbody",
                               "Content-Length: +4\r\n\r\nbody",
                               "Content-Length: 0x4\r\n\r\nbody",
                               "Content-Length: -4\r\n\r\nbody",
                               "Content-Length:\r\n\r\nbody",
                               "Content-Length: 4 4\r\n\r\nbody",
                               "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                               "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
                               "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                               "X-Word: a\r\n folded\r\n\r\n",
                               "X-Word: a\r\n\tfolded\r\n\r\n",
                               "Content-Length : 0\r\n\r\n",
                               "Content-Length\t: 0\r\n\r\n",
                               " X-Word: a\r\n\r\n",
                               "X Word: a\r\n\r\n",
                               ": a\r\n\r\n",
                               "X-Word: a\nX-Other: b\r\n\r\n",
                               "X-Word: a\rX-Other: b\r\n\r\n"}) {
        EXPECT_EQ(status_of(begin + fields), 400) << fields;
    }
    for (const auto* fields : {"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                               "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                               "Transfer-Encoding: \x0b"
                               "chunked\r\n\r\n0\r\n\r\n"}) {
        EXPECT_THAT(status_of(begin + fields), AnyOf(400, 501)) << fields;
    }
}

TEST_F(RequestReaderTest, TellsOfTheHeadBeforeTheBody) {
    arrive("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    ASSERT_EQ(reader_.read_on(), Progress::head);
    EXPECT_EQ(reader_.request().path, "/a");
    EXPECT_EQ(reader_.request().body, "");
    reader_.take_body(4, true);
    EXPECT_EQ(reader_.read_on(), Progress::whole);
    EXPECT_EQ(reader_.request().body, "body");
}

TEST_F(RequestReaderTest, ABodyMayBeWorthLessThanTheLimitOfAll) {
    for (const auto* text : {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n",
                             "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"}) {
        reader_.forget_arrived();
        reader_.begin("");
        arrive(text);
        ASSERT_EQ(reader_.read_on(), Progress::head);
        reader_.take_body(3, true);
        ASSERT_EQ(reader_.read_on(), Progress::refused) << text;
        EXPECT_EQ(reader_.refusal().status, 413);
    }
}

TEST_F(RequestReaderTest, ABodyThatIsDroppedTakesNoMemory) {
    arrive("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123");
    ASSERT_EQ(reader_.read_on(), Progress::head);
    ASSERT_TRUE(reader_.drop_body(10));
    EXPECT_EQ(reader_.read_on(), Progress::needs_more);
    EXPECT_EQ(put("456789"), Progress::whole);
    EXPECT_EQ(reader_.request().body, "");
    EXPECT_EQ(budget_.bytes(), 0U);
}

TEST_F(RequestReaderTest, ABodyIsNotDroppedWhereThatIsWorthNothing) {
    for (const auto* fields : {"Content-Length: 10\r\n", "Content-Length: 2\r\nExpect: 100-continue\r\n"}) {
        reader_.forget_arrived();
        reader_.begin("");
        arrive("PUT / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n");
        ASSERT_EQ(reader_.read_on(), Progress::head);
        EXPECT_FALSE(reader_.drop_body(9)) << fields;
    }
}

TEST_F(RequestReaderTest, BodiesShareABudgetOfWhichStrangersHaveHalf) {
    BodyBudget budget(100, 0);
    const RequestReader::Limits limits{.header_bytes_max = 200, .body_bytes_max = 1'000};
    const auto read = [](RequestReader& reader, bool has_right) {
        reader.begin("");
        const std::string text = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n" + std::string(40, 'x');
        const auto room = reader.room(text.size());
        std::copy(text.begin(), text.end(), room.begin());
        reader.arrived(text.size());
        EXPECT_EQ(reader.read_on(), Progress::head);
        reader.take_body(1'000, has_right);
        return reader.read_on();
    };
    RequestReader first(limits, budget);
    RequestReader second(limits, budget);
    RequestReader third(limits, budget);
    EXPECT_EQ(read(first, false), Progress::whole);
    ASSERT_EQ(read(second, false), Progress::refused) << "80 are more than half";
    EXPECT_EQ(second.refusal().status, 503);
    EXPECT_EQ(second.refusal().headers, (Headers{{"Retry-After", "1"}}));
    EXPECT_EQ(read(third, true), Progress::whole);
    ASSERT_EQ(read(second, true), Progress::refused) << "120 are more than all";
    first.begin("");
    EXPECT_EQ(read(second, true), Progress::whole);
    BodyBudget nothing(0, 40);
    RequestReader small(limits, nothing);
    EXPECT_EQ(read(small, false), Progress::whole) << "small bodies are not counted";
    second.begin("");
    third.begin("");
    EXPECT_EQ(budget.bytes(), 0U);
}

}  // namespace
}  // namespace twinfleet::http::detail

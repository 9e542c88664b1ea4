#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "platform/http/message.hpp"

namespace twinfleet::http::detail {

/// Makes requests (RFC 9112) out of the bytes of one connection, in whatever pieces these arrive. It neither waits nor
/// knows of sockets: bytes go into room(), and read_on() tells what became of them. What has arrived behind the end of
/// a request is kept for the next one.
class RequestReader {
public:
    struct Limits {
        /// Of the request line and all fields together; what is longer is refused with 431.
        std::size_t header_bytes_max;
        /// What is longer is refused with 413.
        std::size_t body_bytes_max;
    };
    explicit RequestReader(Limits limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Room for bytes of the connection; until the next call of any other function.
    [[nodiscard]] std::span<char> room(std::size_t bytes);
    /// So many bytes were put into the room.
    void arrived(std::size_t bytes);
    /// Forgets what has arrived and is not read yet.
    void forget_arrived();

    /// A new request begins; `peer_address` is what it will say of whom it came from.
    void begin(const std::string& peer_address);

    enum class Progress : std::uint8_t {
        needs_more,
        /// As needs_more, but the client waits for `100 Continue` (RFC 9110, section 10.1.1). Told once a request.
        needs_go_ahead,
        whole,
        /// See refusal().
        refused,
    };
    /// Reads on in what has arrived.
    [[nodiscard]] Progress read_on();

    /// Whether any byte of the request has been read.
    [[nodiscard]] bool has_begun() const;
    /// As far as it was read.
    [[nodiscard]] Request& request();
    /// After `refused`: why, as an answer.
    [[nodiscard]] Response& refusal();
    /// After `whole`: whether the client would send another request on this connection.
    [[nodiscard]] bool keeps_alive() const;
    [[nodiscard]] bool is_http_1_0() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http::detail

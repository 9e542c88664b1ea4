#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "platform/http/body_budget.hpp"
#include "platform/http/message.hpp"

namespace twinfleet::http::detail {

/// Makes requests (RFC 9112) out of the bytes of one connection, in whatever pieces these arrive. Neither waits nor
/// knows of sockets: the caller puts bytes into room(), and read_on() tells what became of them. Bytes behind the end
/// of a request are kept for the next one.
///
/// A request is read in two steps. When its head is there, the caller decides by it, with take_body() or drop_body(),
/// what becomes of the body; only then is the body read.
///
/// What one server and a proxy before it could understand in two ways is refused (RFC 9112, section 11.2): a head with
/// a folded line, with a blank before a colon, with more than one Content-Length or Transfer-Encoding, or with both;
/// and a request of HTTP/1.1 without exactly one Host that is well formed (RFC 9112, section 3.2).
class RequestReader {
public:
    struct Limits {
        /// The most bytes of the request line and all fields together; a longer request is refused with 431.
        std::size_t header_bytes_max;
        /// The most bytes of a body; a longer one is refused with 413.
        std::size_t body_bytes_max;
    };
    /// `budget`, which outlives this, is what the bodies of all connections share.
    RequestReader(Limits limits, BodyBudget& budget);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Room for this many bytes of the connection, valid until the next call of any other function.
    [[nodiscard]] std::span<char> room(std::size_t bytes);
    /// Has to be called when this many bytes have been put into the room.
    void arrived(std::size_t bytes);
    /// Drops bytes that have arrived and have not been read.
    void forget_arrived();

    /// Begins a new request. `peer_address` becomes Request::peer_address.
    void begin(const std::string& peer_address);

    /// How far the request has been read.
    enum class Progress : std::uint8_t {
        needs_more,
        /// The head is there: take_body() or drop_body() has to be called next. Returned once for a request, also for
        /// one without a body.
        head,
        /// As needs_more, but the client waits for `100 Continue` (RFC 9110, section 10.1.1). Returned once for a
        /// request.
        needs_go_ahead,
        whole,
        /// The request is refused: see refusal().
        refused,
    };
    /// Reads on in the bytes that have arrived.
    [[nodiscard]] Progress read_on();

    /// After `head`: the body is kept, up to this many bytes if they are fewer than the limit of all requests.
    /// `has_right` tells whether the caller has shown that he may send one (BodyBudget).
    void take_body(std::size_t bytes_max, bool has_right);
    /// After `head`: the body is read and dropped, so that the connection can be used again. False when it is not worth
    /// it, because the body is longer than `bytes_max` or the client waits to be asked for it: then nothing more is to
    /// be read. A body whose length is not announced ends in `refused` when it turns out to be longer.
    [[nodiscard]] bool drop_body(std::size_t bytes_max);

    /// Whether any byte of the request has been read.
    [[nodiscard]] bool has_begun() const;
    /// The request, as far as it was read.
    [[nodiscard]] Request& request();
    /// After `refused`: the answer that says why.
    [[nodiscard]] Response& refusal();
    /// After `whole`: whether the client keeps the connection open for another request.
    [[nodiscard]] bool keeps_alive() const;
    [[nodiscard]] bool is_http_1_0() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http::detail

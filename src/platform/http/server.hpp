#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include "platform/http/endpoint.hpp"
#include "platform/http/message.hpp"
#include "platform/http/reply.hpp"

/// An HTTP/1.1 server (RFC 9112) on Boost.Beast.
namespace twinfleet::http {

/// Where a Server listens, and its limits.
struct ServerSettings {
    /// The address to listen on. For port 0 the system picks a free port.
    Endpoint listen;
    /// The most connections at a time. A further one takes the place of the connection that has waited longest for its
    /// client to send a request; where none waits, because all are being answered, it waits itself until one ends.
    std::size_t connections_max = 64;
    /// How long a client may take from the connection, or from the end of the last answer, to the end of its next
    /// request, however slowly the bytes come. The connection of a slower client is closed.
    std::chrono::milliseconds request_timeout{5'000};
    /// How long a client may take to read an answer. The connection of a slower client is closed.
    std::chrono::milliseconds write_timeout{10'000};
    /// How long requests that are under way at a stop may go on; then they are cut off.
    std::chrono::milliseconds drain_timeout{8'000};
    /// The most bytes of the head of a request, and of its body; larger requests are refused with 431 and 413.
    std::size_t header_bytes_max = std::size_t{8} << 10;
    std::size_t body_bytes_max = std::size_t{1} << 20;
    /// The most bytes of the bodies of all requests that are being read or answered. A request beyond is refused with
    /// 503. Bodies of callers without Admission::has_right share half of it.
    std::size_t bodies_bytes_max = std::size_t{64} << 20;
};

/// What becomes of a request, by its head alone, before its body is read.
struct Admission {
    /// The answer, when the head says that there will be no other one, whatever the body holds. The body is not kept
    /// then. A short one is still read, so that the client can use the connection again; else the connection is closed
    /// behind the answer.
    std::optional<Response> refusal = std::nullopt;
    /// The most bytes of the body; ServerSettings::body_bytes_max holds as well.
    std::size_t body_bytes_max = std::numeric_limits<std::size_t>::max();
    /// Whether the caller has shown that he may send this request, by a secret that was checked.
    bool has_right = false;
    /// Takes the request, once it is whole, in place of Handlers::handle.
    std::function<void(Request, Reply)> handle = nullptr;
};

/// The functions that answer requests.
struct Handlers {
    /// Judges a request by its head, as soon as that is there; `body` is empty. Without this function every request is
    /// read whole. It is called on the thread that serves all connections and must not block. When it throws, the
    /// client gets a 500.
    std::function<Admission(const Request&)> admit = nullptr;
    /// Answers a request. It is called on the thread that serves all connections and must not block; the answer may be
    /// sent later, from any thread. When it throws without having sent an answer, the client gets a 500 that says
    /// nothing about the exception.
    std::function<void(Request, Reply)> handle = nullptr;
    /// Called with what `admit` or `handle` threw.
    std::function<void(std::string_view what)> failed = nullptr;
    /// Called before the server answers by itself a request that it cannot hand over; may change the answer. Such a
    /// request is malformed (400), too large (413, 431), has an expectation (417) or a coding (501) that the server
    /// does not know, or finds no room for its body (503). The request holds what was read of it. Called on the thread
    /// that serves all connections.
    std::function<void(const Request&, Response&)> refused = nullptr;
};

/// Answers requests from construction to destruction, on a thread of its own.
///
/// The server alone writes Content-Length, Transfer-Encoding, Connection and Date of an answer. Such fields of a
/// Response are left out, and so are fields whose name is no token. CR, LF and NUL in a value become spaces. An answer
/// whose status is not from 200 to 599 becomes a 500.
class Server {
public:
    /// Once `stop` is requested, no connection is accepted any more, requests under way are answered, and idle
    /// connections are closed. Throws std::runtime_error that names the address when the address cannot be listened on.
    Server(ServerSettings settings, Handlers handlers, std::stop_token stop = {});
    /// Stops as `stop` does and waits for the end, up to drain_timeout. Answers that are sent later are dropped.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// The port that is listened on.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// The number of connections that are open now.
    [[nodiscard]] std::size_t connections() const noexcept;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http

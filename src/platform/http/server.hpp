#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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
    /// The most connections at a time. Further ones wait in the system's queue until one ends.
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
};

/// The functions that answer requests.
struct Handlers {
    /// Answers a request. It is called on the thread that serves all connections and must not block; the answer may be
    /// sent later, from any thread. When it throws without having sent an answer, the client gets a 500 that says
    /// nothing about the exception.
    std::function<void(Request, Reply)> handle;
    /// Called with what `handle` threw.
    std::function<void(std::string_view what)> failed = nullptr;
    /// Called before the server answers by itself a request that it cannot hand over; may change the answer. Such a
    /// request is malformed (400), too large (413, 431), or has an expectation (417) or a coding (501) that the server
    /// does not know. The request holds what was read of it. Called on the thread that serves all connections.
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

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

struct ServerSettings {
    /// Port 0: the system picks a free one.
    Endpoint listen;
    /// Further connections wait in the system's queue until one ends.
    std::size_t connections_max = 64;
    /// From the connection, or the end of the last answer, to the end of the next request, however its bytes trickle
    /// in. A slower client is hung up on.
    std::chrono::milliseconds request_timeout{5'000};
    /// A client that takes longer to read an answer is hung up on.
    std::chrono::milliseconds write_timeout{10'000};
    /// What is still under way this long after a stop is cut off.
    std::chrono::milliseconds drain_timeout{8'000};
    /// 431 and 413 above these.
    std::size_t header_bytes_max = std::size_t{8} << 10;
    std::size_t body_bytes_max = std::size_t{1} << 20;
};

/// What answers requests.
struct Handlers {
    /// Runs on the thread that serves all connections and must not block; the answer may come later, from any thread.
    /// An exception becomes a 500 that says nothing about it, unless an answer was given before.
    std::function<void(Request, Reply)> handle;
    /// Told what `handle` threw.
    std::function<void(std::string_view what)> failed = nullptr;
    /// May change what the server answers by itself to a request that it cannot hand over: malformed (400), too large
    /// (413, 431), an expectation (417) or a coding (501) that it does not know. The request is as far as it was read.
    /// Runs on the thread that serves all connections.
    std::function<void(const Request&, Response&)> refused = nullptr;
};

/// Listens from construction to destruction, on a thread of its own.
///
/// Of an answer, the server alone writes Content-Length, Transfer-Encoding, Connection and Date; such fields of a
/// Response are left out, as are those whose name is no token. CR, LF and NUL in a value become spaces. An answer whose
/// status is not from 200 to 599 becomes a 500.
class Server {
public:
    /// Once `stop` is requested no connection is accepted, requests under way are answered, idle connections closed.
    /// Throws std::runtime_error that names the address when it cannot be listened on.
    Server(ServerSettings settings, Handlers handlers, std::stop_token stop = {});
    /// Stops as `stop` does and waits for the end, up to drain_timeout. Answers that come later go nowhere.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// The port that is listened on.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// Connections that are open now.
    [[nodiscard]] std::size_t connections() const noexcept;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "platform/http/endpoint.hpp"
#include "platform/http/message.hpp"

/// An HTTP/1.1 server (RFC 9112) on Boost.Beast.
namespace twinfleet::http {

struct ServerSettings {
    /// Port 0: the system picks a free one.
    Endpoint listen;
    /// Further connections wait in the system's queue until one ends.
    std::size_t connections_max = 64;
    /// Threads for Handlers::blocking, and how many requests may wait for one; more get 503 with Retry-After.
    std::size_t blocking_threads = 1;
    std::size_t blocking_queue_max = 64;
    /// From the connection, or the end of the last answer, to the end of the next request. A slower client is hung up
    /// on.
    std::chrono::milliseconds request_timeout{5'000};
    /// A client that takes longer to read an answer is hung up on.
    std::chrono::milliseconds write_timeout{10'000};
    /// What is still under way this long after a stop is cut off.
    std::chrono::milliseconds drain_timeout{8'000};
    /// 431 and 413 above these.
    std::size_t header_bytes_max = std::size_t{8} << 10;
    std::size_t body_bytes_max = std::size_t{1} << 20;
};

/// What answers requests. An exception becomes a 500 that says nothing about it.
struct Handlers {
    /// Runs on the thread that serves all connections and must not block; nullopt hands the request to `blocking`.
    std::function<std::optional<Response>(const Request&)> at_once;
    /// Runs on the pool; several at once when it has several threads.
    std::function<Response(const Request&)> blocking;
    /// Told what a handler threw; may run on any of the threads.
    std::function<void(std::string_view what)> failed = nullptr;
};

/// Listens from construction to destruction, on threads of its own.
class Server {
public:
    /// Once `stop` is requested no connection is accepted, requests under way are answered, idle connections closed.
    /// Throws std::runtime_error that names the address when it cannot be listened on.
    Server(ServerSettings settings, Handlers handlers, std::stop_token stop = {});
    /// Stops as `stop` does and waits for the end: up to drain_timeout, and for a blocking handler that runs longer.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// The port that is listened on.
    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http

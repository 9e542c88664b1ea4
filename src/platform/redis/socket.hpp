#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

#include "platform/redis/uri.hpp"
#include "platform/tls/context.hpp"

namespace twinfleet::redis {

using Deadline = std::chrono::steady_clock::time_point;

/// A connected stream of bytes, with TLS or without. It never waits but in its constructor, and never raises SIGPIPE.
/// Every function throws platform::StoreUnavailable when the connection is of no use any more.
class Socket {
public:
    /// Connects, and makes sure with TLS that the peer is the one of the address, until `deadline`; looking up the name
    /// of a host may take longer. `tls` is asked when the address wants TLS, and may be nullptr otherwise.
    Socket(const Address& address, const tls::Context* tls, Deadline deadline);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    /// What poll() is to wait for while something is to be sent.
    [[nodiscard]] short events_to_send() const noexcept { return events_to_send_; }
    /// How many bytes were sent; 0 when none can be just now.
    [[nodiscard]] std::size_t send(std::string_view bytes);
    /// How many bytes were received; 0 when there are none just now.
    [[nodiscard]] std::size_t receive(std::span<char> bytes);
    /// Whether the peer has neither closed the connection nor sent anything, as far as can be seen from here.
    [[nodiscard]] bool is_quiet() noexcept;
    /// Breaks the connection off; another thread may do so while this one is used.
    void interrupt() noexcept;

private:
    void connect(const Address& address, Deadline deadline);
    void shake_hands(const Address& address, const tls::Context& tls, Deadline deadline);
    /// What poll() is to wait for after a TLS operation that did not succeed; throws unless waiting helps.
    [[nodiscard]] short events_after(int result) const;

    int descriptor_ = -1;
    short events_to_send_;
    /// nullptr: without TLS.
    tls::ConnectionHandle tls_;
};

/// Waits until the socket is ready for `events`; false once the deadline has passed. Throws platform::StoreUnavailable.
[[nodiscard]] bool becomes_ready(int descriptor, short events, Deadline deadline);
/// The same; throws platform::StoreUnavailable as well once the deadline has passed.
void wait_for(int descriptor, short events, Deadline deadline);

}  // namespace twinfleet::redis

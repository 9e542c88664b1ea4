#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

#include "platform/tls/settings.hpp"

/// TLS of a client (RFC 8446, or RFC 5246 where the peer speaks nothing newer) through OpenSSL.
namespace twinfleet::tls {

struct FreeConnection {
    void operator()(SSL* connection) const noexcept;
};
/// The TLS state of one connection. Its descriptor is set by whoever uses it.
using ConnectionHandle = std::unique_ptr<SSL, FreeConnection>;

/// What all connections to one kind of peer have in common. Safe to use from any thread.
class Context {
public:
    /// Throws std::invalid_argument with what is wrong about one of the files.
    explicit Context(Settings settings);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    /// A connection that will accept only a peer with a certificate for `host` (a name or an IP address; RFC 6125) from
    /// one of the authorities. The files are read again when they have changed since the last call; while they cannot
    /// be used, the earlier ones stay in force. Throws std::bad_alloc.
    [[nodiscard]] ConnectionHandle connection_to(const std::string& host) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Why the last operation on the connection failed, for a log: what is wrong with the peer's certificate, or what
/// OpenSSL says. Empties the error queue of the thread.
[[nodiscard]] std::string failure_of(const SSL& connection);

}  // namespace twinfleet::tls

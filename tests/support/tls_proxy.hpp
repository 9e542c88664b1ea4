#pragma once

#include <cstdint>

#include "tests/support/certificates.hpp"
#include "tests/support/server_process.hpp"

namespace twinfleet::testing {

/// Speaks TLS on a free port of 127.0.0.1 for a server on this machine that does not, such as the stand-in for MongoDB.
class TlsProxy {
public:
    /// Shows this certificate, and hands what it is sent to the port of 127.0.0.1.
    TlsProxy(const Identity& identity, std::uint16_t server_port);

    [[nodiscard]] std::uint16_t port() const noexcept { return process_.port(); }

private:
    ServerProcess process_;
};

}  // namespace twinfleet::testing

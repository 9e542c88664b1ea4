#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/tls/settings.hpp"

namespace twinfleet::testing {

/// Certificates for Redis servers at 127.0.0.1, made while a test runs; the files go with the object.
class RedisTls {
public:
    RedisTls();
    RedisTls(const RedisTls&) = delete;
    RedisTls& operator=(const RedisTls&) = delete;
    ~RedisTls();

    /// Trusts the authority of the servers, and shows a certificate of it, which they ask for.
    [[nodiscard]] tls::Settings client() const;
    /// Trusts another authority.
    [[nodiscard]] tls::Settings mistrustful_client() const;
    /// Arguments of a redis-server that speaks TLS alone, on this port.
    [[nodiscard]] std::vector<std::string> server_arguments(std::uint16_t port) const;

private:
    [[nodiscard]] std::string file(const char* name) const { return (folder_ / name).string(); }
    std::filesystem::path folder_;
};

}  // namespace twinfleet::testing

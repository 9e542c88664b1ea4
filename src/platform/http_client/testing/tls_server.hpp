#pragma once

#include <memory>
#include <string>
#include <utility>

#include <openssl/ssl.h>

#include "platform/http_client/testing/raw_server.hpp"
#include "tests/support/certificates.hpp"

/// A peer that shows certificates which are made while a test runs.
namespace twinfleet::http::testing {

using twinfleet::testing::Freed;
using twinfleet::testing::Identity;
using twinfleet::testing::require;

/// TLS as a server speaks it. Its scripts are for RawServer.
class TlsPeer {
public:
    explicit TlsPeer(const Identity& identity) : context_(SSL_CTX_new(TLS_server_method())) {
        require(context_ != nullptr && SSL_CTX_use_certificate(context_.get(), identity.certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context_.get(), identity.key.get()) == 1);
    }

    /// Speaks this version at most.
    void limit_version(int version) { SSL_CTX_set_max_proto_version(context_.get(), version); }

    /// Answers `count` requests on one connection, each with the same text.
    [[nodiscard]] RawServer::Script answer_with(std::string text, int count = 1) const {
        return [this, text = std::move(text), count](int socket) {
            const std::unique_ptr<SSL, Freed<SSL_free>> connection(SSL_new(context_.get()));
            require(connection != nullptr && SSL_set_fd(connection.get(), socket) == 1);
            if (SSL_accept(connection.get()) != 1) {
                return;
            }
            for (int i = 0; i < count; ++i) {
                std::string received;
                while (received.find("\r\n\r\n") == std::string::npos) {
                    std::array<char, 4096> chunk{};
                    const int size = SSL_read(connection.get(), chunk.data(), static_cast<int>(chunk.size()));
                    if (size <= 0) {
                        return;
                    }
                    received.append(chunk.data(), static_cast<std::size_t>(size));
                }
                if (!text.empty()) {
                    SSL_write(connection.get(), text.data(), static_cast<int>(text.size()));
                }
            }
        };
    }

private:
    std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
};

}  // namespace twinfleet::http::testing

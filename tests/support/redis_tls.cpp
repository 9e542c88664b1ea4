#include "tests/support/redis_tls.hpp"

#include <cstdlib>
#include <stdexcept>

#include "platform/http_client/testing/tls_server.hpp"

namespace twinfleet::testing {
namespace {

using http::testing::Identity;

void write_key(const Identity& identity, const std::string& file) {
    const std::unique_ptr<BIO, http::testing::Freed<BIO_free>> target(BIO_new_file(file.c_str(), "w"));
    http::testing::require(target != nullptr && PEM_write_bio_PrivateKey(target.get(), identity.key.get(), nullptr,
                                                                         nullptr, 0, nullptr, nullptr) == 1);
}

}  // namespace

RedisTls::RedisTls() {
    std::string name = std::filesystem::temp_directory_path() / "twinfleet-redis-tls-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no folder can be made for certificates");
    }
    folder_ = name;
    const Identity authority("Authority", nullptr);
    const Identity stranger("Stranger", nullptr);
    const Identity server("redis", &authority, "IP:127.0.0.1");
    authority.write_certificate(file("authority.pem"));
    stranger.write_certificate(file("stranger.pem"));
    server.write_certificate(file("certificate.pem"));
    write_key(server, file("key.pem"));
}

RedisTls::~RedisTls() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

tls::Settings RedisTls::client() const {
    return {.ca_file = file("authority.pem"), .certificate_file = file("certificate.pem"), .key_file = file("key.pem")};
}

tls::Settings RedisTls::mistrustful_client() const {
    return {.ca_file = file("stranger.pem")};
}

std::vector<std::string> RedisTls::server_arguments(std::uint16_t port) const {
    return {"--tls-port",         std::to_string(port),
            "--tls-cert-file",    file("certificate.pem"),
            "--tls-key-file",     file("key.pem"),
            "--tls-ca-cert-file", file("authority.pem"),
            "--tls-auth-clients", "yes",
            "--tls-cluster",      "yes",
            "--tls-replication",  "yes"};
}

}  // namespace twinfleet::testing

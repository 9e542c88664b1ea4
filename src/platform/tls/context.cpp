#include "platform/tls/context.hpp"

#include <array>
#include <filesystem>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "platform/tls/ca_file.hpp"

namespace twinfleet::tls {
namespace {

struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using ContextHandle = std::shared_ptr<SSL_CTX>;

using Times = std::array<std::filesystem::file_time_type, 3>;

/// When the files were written last; the earliest time for one that is not there.
Times times_of(const Settings& settings) {
    const auto time_of = [](const std::string& file) {
        std::error_code missing;
        const auto time =
            file.empty() ? std::filesystem::file_time_type() : std::filesystem::last_write_time(file, missing);
        return missing ? std::filesystem::file_time_type::min() : time;
    };
    return {time_of(settings.ca_file), time_of(settings.certificate_file), time_of(settings.key_file)};
}

/// Throws std::invalid_argument.
ContextHandle load(const Settings& settings) {
    ContextHandle context(SSL_CTX_new(TLS_client_method()), FreeContext());
    if (context == nullptr) {
        throw std::bad_alloc();
    }
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (settings.ca_file.empty()) {
        SSL_CTX_set_default_verify_paths(context.get());
    } else {
        check_ca_file(settings.ca_file);
        if (SSL_CTX_load_verify_file(context.get(), settings.ca_file.c_str()) != 1) {
            ERR_clear_error();
            throw std::invalid_argument("expected a file of certificates (PEM), found one that cannot be used");
        }
    }
    if (settings.certificate_file.empty() != settings.key_file.empty()) {
        throw std::invalid_argument("a certificate and its private key belong together, found one of them");
    }
    if (!settings.certificate_file.empty() &&
        (SSL_CTX_use_certificate_chain_file(context.get(), settings.certificate_file.c_str()) != 1 ||
         SSL_CTX_use_PrivateKey_file(context.get(), settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
         SSL_CTX_check_private_key(context.get()) != 1)) {
        ERR_clear_error();
        throw std::invalid_argument("expected a certificate and the private key of it (PEM), found something else");
    }
    return context;
}

bool is_ip_address(const std::string& host) {
    const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> address(a2i_IPADDRESS(host.c_str()),
                                                                                        &ASN1_OCTET_STRING_free);
    ERR_clear_error();
    return address != nullptr;
}

}  // namespace

void FreeConnection::operator()(SSL* connection) const noexcept {
    SSL_free(connection);
}

struct Context::State {
    explicit State(Settings chosen) : settings(std::move(chosen)), times(times_of(settings)), context(load(settings)) {}

    [[nodiscard]] ContextHandle current() {
        const std::lock_guard lock(mutex);
        if (const Times now = times_of(settings); now != times) {
            try {
                context = load(settings);
                times = now;
            } catch (const std::invalid_argument&) {
                // A file that is being written; it is looked at again with the next connection.
                return context;
            }
        }
        return context;
    }

    const Settings settings;
    std::mutex mutex;
    // Guarded by `mutex`.
    Times times;
    ContextHandle context;
};

Context::Context(Settings settings) : state_(std::make_unique<State>(std::move(settings))) {}

Context::~Context() = default;

ConnectionHandle Context::connection_to(const std::string& host) const {
    ConnectionHandle connection(SSL_new(state_->current().get()));
    if (connection == nullptr) {
        throw std::bad_alloc();
    }
    X509_VERIFY_PARAM* const expected = SSL_get0_param(connection.get());
    if (is_ip_address(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str());
    } else {
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) != 1 ||
            // As SSL_set_tlsext_host_name() does, with casts of its own.
            SSL_ctrl(connection.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(host.c_str())) != 1) {
            throw std::bad_alloc();
        }
    }
    SSL_set_connect_state(connection.get());
    return connection;
}

std::string failure_of(const SSL& connection) {
    const long verification = SSL_get_verify_result(&connection);
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    if (verification != X509_V_OK) {
        return std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verification);
    }
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "the connection broke off" : std::string("TLS: ") + reason;
}

}  // namespace twinfleet::tls

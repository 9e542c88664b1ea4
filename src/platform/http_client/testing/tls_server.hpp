#pragma once

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "platform/http_client/testing/raw_server.hpp"

/// Certificates that are made while a test runs, and a peer that shows them.
namespace twinfleet::http::testing {

template <auto Free>
struct Freed {
    template <typename Handle>
    void operator()(Handle* handle) const {
        Free(handle);
    }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, Freed<X509_free>>;

inline void require(bool is_good) {
    if (!is_good) {
        throw std::runtime_error("OpenSSL does not do as a test wants it");
    }
}

/// A private key and the certificate of it.
struct Identity {
    KeyHandle key;
    CertificateHandle certificate;

    /// `issuer`: nullptr for an authority, which signs itself. `names` as OpenSSL writes them: `DNS:localhost`.
    Identity(const std::string& name, const Identity* issuer, const std::string& names = {})
        : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
        constexpr long version_3 = 2;
        constexpr long hour_s = 3'600;
        require(key != nullptr && certificate != nullptr);
        X509* const made = certificate.get();
        require(X509_set_version(made, version_3) == 1);
        ASN1_INTEGER_set(X509_get_serialNumber(made), issuer == nullptr ? 1 : 2);
        X509_gmtime_adj(X509_getm_notBefore(made), -hour_s);
        X509_gmtime_adj(X509_getm_notAfter(made), hour_s);
        require(X509_set_pubkey(made, key.get()) == 1);
        require(X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                                           reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1);
        const Identity& signer = issuer == nullptr ? *this : *issuer;
        require(X509_set_issuer_name(made, X509_get_subject_name(signer.certificate.get())) == 1);
        extend(NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
        if (!names.empty()) {
            extend(NID_subject_alt_name, names);
        }
        require(X509_sign(made, signer.key.get(), EVP_sha256()) != 0);
    }

    void write_certificate(const std::string& file) const {
        const std::unique_ptr<BIO, Freed<BIO_free>> target(BIO_new_file(file.c_str(), "w"));
        require(target != nullptr && PEM_write_bio_X509(target.get(), certificate.get()) == 1);
    }

private:
    void extend(int kind, const std::string& value) {
        const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
        require(extension != nullptr && X509_add_ext(certificate.get(), extension.get(), -1) == 1);
    }
};

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

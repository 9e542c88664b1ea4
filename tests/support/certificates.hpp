#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/// Certificates that are made while a test runs.
namespace twinfleet::testing {

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

    /// Without a password. The file is for its owner alone.
    void write_key(const std::string& file) const {
        const std::unique_ptr<BIO, Freed<BIO_free>> target(BIO_new_file(file.c_str(), "w"));
        require(target != nullptr &&
                PEM_write_bio_PrivateKey(target.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
        std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }

private:
    void extend(int kind, const std::string& value) {
        const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
        require(extension != nullptr && X509_add_ext(certificate.get(), extension.get(), -1) == 1);
    }
};

}  // namespace twinfleet::testing

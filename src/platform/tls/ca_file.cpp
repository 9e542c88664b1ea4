#include "platform/tls/ca_file.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace twinfleet::tls {

void check_ca_file(const std::string& file) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> source(BIO_new_file(file.c_str(), "r"), &BIO_free);
    if (source == nullptr) {
        ERR_clear_error();
        throw std::invalid_argument("expected a file of certificates (PEM), found one that cannot be opened");
    }
    std::size_t count = 0;
    for (;; ++count) {
        const std::unique_ptr<X509, decltype(&X509_free)> certificate(
            PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr), &X509_free);
        if (certificate == nullptr) {
            break;
        }
    }
    // At the end of the file the reader misses the first line of the next certificate.
    const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!is_at_end) {
        throw std::invalid_argument("expected a file of certificates (PEM), found one that cannot be read");
    }
    if (count == 0) {
        throw std::invalid_argument("expected a file of certificates (PEM), found none in it");
    }
}

}  // namespace twinfleet::tls

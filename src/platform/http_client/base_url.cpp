#include "platform/http_client/base_url.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>

#include <curl/urlapi.h>

#include "platform/http/endpoint.hpp"

namespace twinfleet::http {
namespace {

constexpr std::string_view plain_scheme = "http://";
constexpr std::string_view encrypted_scheme = "https://";

[[noreturn]] void refuse_url(const char* reason) {
    throw std::invalid_argument(std::string("expected a URL like http://127.0.0.1:8080 or https://host:8443/path, ") +
                                reason);
}

bool is_visible(char c) {
    return c > ' ' && c <= '~';
}

/// Without what cannot be read in the message: there may be a password in it.
std::uint16_t port_of(const std::string& authority) {
    try {
        return parse_endpoint(authority).port;
    } catch (const std::invalid_argument&) {
        refuse_url("found a host or port that cannot be read");
    }
}

/// What this file accepts and libcurl does not would be found at the first request only.
void check_that_libcurl_reads(const std::string& url) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), &curl_url_cleanup);
    if (handle == nullptr) {
        throw std::bad_alloc();
    }
    if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        refuse_url("found a host that cannot be read");
    }
}

}  // namespace

BaseUrl parse_base_url(std::string_view url) {
    BaseUrl read;
    read.is_encrypted = url.starts_with(encrypted_scheme);
    if (!read.is_encrypted && !url.starts_with(plain_scheme)) {
        refuse_url("found one that begins with neither http:// nor https://");
    }
    const std::string_view scheme = read.is_encrypted ? encrypted_scheme : plain_scheme;
    const std::string_view rest = url.substr(scheme.size());
    if (rest.find_first_of("?#") != std::string_view::npos) {
        refuse_url("without a query or a fragment");
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    if (authority.find('@') != std::string_view::npos) {
        refuse_url("without a user name or a password");
    }
    if (authority.empty()) {
        refuse_url("found none with a host");
    }
    read.origin = std::string(scheme) + std::string(authority);
    read.path = std::string(rest.substr(slash));
    if (!std::all_of(read.path.begin(), read.path.end(), is_visible)) {
        refuse_url("with a path of visible ASCII characters");
    }
    while (read.path.ends_with('/')) {
        read.path.pop_back();
    }
    // A colon behind an IPv6 address in brackets, or the only one.
    const bool has_port = authority.find(':', authority.rfind(']') + 1) != std::string_view::npos;
    if (port_of(std::string(authority) + (has_port ? "" : ":80")) == 0) {
        refuse_url("with a port from 1 to 65535");
    }
    check_that_libcurl_reads(read.origin);
    return read;
}

}  // namespace twinfleet::http

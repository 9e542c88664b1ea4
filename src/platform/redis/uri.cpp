#include "platform/redis/uri.hpp"

#include <charconv>
#include <stdexcept>

#include <boost/url/pct_string_view.hpp>

namespace twinfleet::redis {
namespace {

constexpr std::uint16_t usual_port = 6379;

[[noreturn]] void refuse(const std::string& reason) {
    throw std::invalid_argument("the Redis URI cannot be read: " + reason +
                                "; expected redis://[user[:password]@]host[:port][/database] or unix:///path");
}

template <typename Number>
std::optional<Number> read_number(std::string_view text) {
    Number number = 0;
    const auto* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && last == end ? std::optional(number) : std::nullopt;
}

std::string percent_decode(std::string_view text) {
    const auto encoded = boost::urls::make_pct_string_view(text);
    if (!encoded) {
        refuse("a % stands before two hex digits");
    }
    return encoded->decode();
}

void read_credentials(std::string_view text, Address& address) {
    const auto colon = text.find(':');
    address.user = percent_decode(text.substr(0, colon));
    address.password = colon == std::string_view::npos ? "" : percent_decode(text.substr(colon + 1));
    if (address.user.empty() && address.password->empty()) {
        refuse("there is neither a user nor a password before the @");
    }
}

void read_host(std::string_view text, Address& address) {
    address.port = usual_port;
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) {
            refuse("the bracket of an IPv6 address is not closed");
        }
        address.host = text.substr(1, end - 1);
        const auto rest = text.substr(end + 1);
        has_port = rest.starts_with(':');
        if (!rest.empty() && !has_port) {
            refuse("only a port may stand behind the bracket");
        }
        port = rest.substr(has_port ? 1 : 0);
    } else {
        const auto colon = text.find(':');
        has_port = colon != std::string_view::npos;
        address.host = text.substr(0, colon);
        port = has_port ? text.substr(colon + 1) : "";
    }
    if (address.host.empty()) {
        refuse("there is no host");
    }
    if (has_port) {
        address.port = read_number<std::uint16_t>(port).value_or(0);
        if (address.port == 0) {
            refuse("a port is a number from 1 to 65535");
        }
    }
}

}  // namespace

Address parse_uri(std::string_view uri) {
    constexpr std::string_view tcp_scheme = "redis://";
    constexpr std::string_view socket_scheme = "unix://";
    if (uri.find('\0') != std::string_view::npos) {
        refuse("it holds NUL");
    }
    Address address;
    if (uri.starts_with(socket_scheme)) {
        address.socket_path = uri.substr(socket_scheme.size());
        if (!address.socket_path.starts_with('/')) {
            refuse("the path of a socket file begins with a slash");
        }
        return address;
    }
    if (!uri.starts_with(tcp_scheme)) {
        refuse("the scheme is another one");
    }
    auto rest = uri.substr(tcp_scheme.size());
    // A query or a fragment asks for something that would silently not happen.
    if (rest.find_first_of("?#") != std::string_view::npos) {
        refuse("there is a query or a fragment");
    }
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        read_credentials(rest.substr(0, at), address);
        rest = rest.substr(at + 1);
    }
    const auto slash = rest.find('/');
    read_host(rest.substr(0, slash), address);
    if (slash != std::string_view::npos && slash + 1 < rest.size()) {
        const auto database = read_number<std::uint32_t>(rest.substr(slash + 1));
        if (!database) {
            refuse("a database is a number");
        }
        address.database = *database;
    }
    return address;
}

}  // namespace twinfleet::redis

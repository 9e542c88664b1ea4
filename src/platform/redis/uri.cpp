#include "platform/redis/uri.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <boost/url/pct_string_view.hpp>

namespace twinfleet::redis {
namespace {

constexpr std::uint16_t usual_port = 6379;
constexpr std::uint16_t usual_sentinel_port = 26379;

[[noreturn]] void refuse(const std::string& reason) {
    throw std::invalid_argument("the Redis URI cannot be read: " + reason +
                                "; expected redis://[user[:password]@]host[:port][/database], "
                                "redis-cluster://[user[:password]@]host[:port],..., "
                                "redis-sentinel://[user[:password]@]host[:port],.../master-name[/database], "
                                "each with rediss for TLS, or unix:///path");
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

std::uint32_t read_database(std::string_view text) {
    const auto database = read_number<std::uint32_t>(text);
    if (!database) {
        refuse("a database is a number");
    }
    return *database;
}

struct Scheme {
    std::string_view prefix;
    Target::Kind kind;
    bool is_tls;
};
constexpr std::array<Scheme, 6> schemes{{
    {.prefix = "redis://", .kind = Target::Kind::server, .is_tls = false},
    {.prefix = "rediss://", .kind = Target::Kind::server, .is_tls = true},
    {.prefix = "redis-cluster://", .kind = Target::Kind::cluster, .is_tls = false},
    {.prefix = "rediss-cluster://", .kind = Target::Kind::cluster, .is_tls = true},
    {.prefix = "redis-sentinel://", .kind = Target::Kind::sentinel, .is_tls = false},
    {.prefix = "rediss-sentinel://", .kind = Target::Kind::sentinel, .is_tls = true},
}};

/// Reads `host[:port],host[:port],...`; what all have in common is in `common`.
std::vector<Address> read_hosts(std::string_view text, const Address& common) {
    std::vector<Address> addresses;
    for (bool has_more = true; has_more;) {
        const auto comma = text.find(',');
        has_more = comma != std::string_view::npos;
        addresses.push_back(common);
        read_host(text.substr(0, comma), addresses.back());
        text.remove_prefix(has_more ? comma + 1 : text.size());
    }
    return addresses;
}

/// What stands behind the hosts, without the slash before it.
void read_path(std::string_view path, Target& target, Address& common) {
    switch (target.kind) {
        case Target::Kind::server:
            if (!path.empty()) {
                common.database = read_database(path);
            }
            return;
        case Target::Kind::cluster:
            // A cluster has one database (redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec).
            if (!path.empty() && read_database(path) != 0) {
                refuse("a cluster has the database 0 alone");
            }
            return;
        case Target::Kind::sentinel: {
            const auto slash = path.find('/');
            target.master_name = percent_decode(path.substr(0, slash));
            if (target.master_name.empty()) {
                refuse("there is no name of a master");
            }
            if (slash != std::string_view::npos && slash + 1 < path.size()) {
                common.database = read_database(path.substr(slash + 1));
            }
            return;
        }
    }
}

Target read_socket_path(std::string_view path) {
    if (!path.starts_with('/')) {
        refuse("the path of a socket file begins with a slash");
    }
    return {.addresses = {{.socket_path = std::string(path)}}};
}

}  // namespace

Target parse_uri(std::string_view uri) {
    constexpr std::string_view socket_scheme = "unix://";
    if (uri.find('\0') != std::string_view::npos) {
        refuse("it holds NUL");
    }
    if (uri.starts_with(socket_scheme)) {
        return read_socket_path(uri.substr(socket_scheme.size()));
    }
    const auto* const scheme =
        std::ranges::find_if(schemes, [uri](const Scheme& known) { return uri.starts_with(known.prefix); });
    if (scheme == schemes.end()) {
        refuse("the scheme is another one");
    }
    auto rest = uri.substr(scheme->prefix.size());
    // A query or a fragment asks for something that would silently not happen.
    if (rest.find_first_of("?#") != std::string_view::npos) {
        refuse("there is a query or a fragment");
    }
    Target target{.kind = scheme->kind};
    Address common{.port = scheme->kind == Target::Kind::sentinel ? usual_sentinel_port : usual_port,
                   .is_tls = scheme->is_tls};
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        read_credentials(rest.substr(0, at), common);
        rest = rest.substr(at + 1);
    }
    const auto slash = rest.find('/');
    read_path(slash == std::string_view::npos ? "" : rest.substr(slash + 1), target, common);
    target.addresses = read_hosts(rest.substr(0, slash), common);
    if (target.kind == Target::Kind::server && target.addresses.size() > 1) {
        refuse("several hosts are those of a cluster or of sentinels");
    }
    return target;
}

}  // namespace twinfleet::redis

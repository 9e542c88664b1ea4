#include "platform/redis/slot_map.hpp"

#include <algorithm>
#include <charconv>

#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

[[noreturn]] void refuse_map() {
    throw platform::StoreRefused(store_name, 0, "CLUSTER SLOTS is answered in another form");
}

std::uint16_t read_slot(const Reply& reply) {
    const auto slot = reply.integer();
    if (slot < 0 || slot >= static_cast<std::int64_t>(slots_count)) {
        refuse_map();
    }
    return static_cast<std::uint16_t>(slot);
}

Endpoint read_node(const Reply& reply, const std::string& asked_host) {
    const auto& parts = reply.items();
    if (parts.size() < 2) {
        refuse_map();
    }
    const auto port = parts[1].integer();
    if (port < 0 || port > UINT16_MAX) {
        refuse_map();
    }
    auto host = parts[0].optional_text().value_or("");
    // `?` is what a node says that should announce a name and has none.
    if (host.empty() || host == "?") {
        host = asked_host;
    }
    return {.host = std::move(host), .port = static_cast<std::uint16_t>(port)};
}

/// The place of the node among `nodes`, to which it is added if need be.
std::size_t place_of(std::vector<Endpoint>& nodes, Endpoint node) {
    const auto found = std::ranges::find(nodes, node);
    const auto place = static_cast<std::size_t>(found - nodes.begin());
    if (found == nodes.end()) {
        nodes.push_back(std::move(node));
    }
    return place;
}

}  // namespace

SlotMap read_slot_map(const Reply& reply, const std::string& asked_host) {
    SlotMap map;
    map.owners.fill(SlotMap::nobody);
    for (const auto& range : reply.items()) {
        const auto& parts = range.items();
        if (parts.size() < 3) {
            refuse_map();
        }
        const auto first = read_slot(parts[0]);
        const auto last = read_slot(parts[1]);
        const auto owner = static_cast<std::uint16_t>(place_of(map.masters, read_node(parts[2], asked_host)));
        for (std::size_t slot = first; slot <= last; ++slot) {
            map.owners[slot] = owner;
        }
        for (std::size_t i = 3; i < parts.size(); ++i) {
            static_cast<void>(place_of(map.replicas, read_node(parts[i], asked_host)));
        }
    }
    return map;
}

std::optional<Redirection> read_redirection(std::string_view error, const std::string& asked_host) {
    constexpr std::string_view moved = "MOVED ";
    constexpr std::string_view ask = "ASK ";
    const bool is_for_good = error.starts_with(moved);
    if (!is_for_good && !error.starts_with(ask)) {
        return std::nullopt;
    }
    // `MOVED 3999 127.0.0.1:6381`; an IPv6 address has no brackets.
    const auto text = error.substr(error.rfind(' ') + 1);
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    Redirection redirection{.is_for_good = is_for_good, .target = {.host = std::string(text.substr(0, colon))}};
    const auto port = text.substr(colon + 1);
    const auto read = std::from_chars(port.data(), port.data() + port.size(), redirection.target.port);
    if (read.ec != std::errc() || read.ptr != port.data() + port.size() || redirection.target.port == 0) {
        return std::nullopt;
    }
    if (redirection.target.host.empty() || redirection.target.host == "?") {
        redirection.target.host = asked_host;
    }
    return redirection;
}

}  // namespace twinfleet::redis

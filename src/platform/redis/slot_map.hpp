#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/redis/client.hpp"
#include "platform/redis/slots.hpp"

namespace twinfleet::redis {

/// Where a node of a cluster listens.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    auto operator<=>(const Endpoint&) const = default;
};

/// Which node is the master of which slot, as one node of the cluster told it.
struct SlotMap {
    static constexpr std::uint16_t nobody = UINT16_MAX;
    std::vector<Endpoint> masters;
    std::vector<Endpoint> replicas;
    /// For each slot the place of its master in `masters`, or `nobody`.
    std::array<std::uint16_t, slots_count> owners;

    [[nodiscard]] const Endpoint* owner_of(std::uint16_t slot) const noexcept {
        return owners[slot] == nobody ? nullptr : &masters[owners[slot]];
    }
};

/// Reads the reply to CLUSTER SLOTS (redis.io/docs/latest/commands/cluster-slots). A node of which the host is not told
/// is at the host that was asked. Throws platform::StoreRefused for a reply of another form.
[[nodiscard]] SlotMap read_slot_map(const Reply& reply, const std::string& asked_host);

/// What a node answers to a command that it does not serve.
struct Redirection {
    /// Another node serves the slot from now on (MOVED), or this key alone while the slot is on its way there (ASK).
    bool is_for_good = false;
    Endpoint target;
};
/// nullopt for another error reply. `asked_host` stands in for a host that is not told.
[[nodiscard]] std::optional<Redirection> read_redirection(std::string_view error, const std::string& asked_host);

}  // namespace twinfleet::redis

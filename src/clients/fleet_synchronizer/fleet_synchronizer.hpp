#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/http_client/json_client.hpp"

namespace twinfleet::clients {

/// A counterpart of a document in another park (contract, section 4).
struct Link {
    /// Of the counterpart: an app family.
    std::string family;
    std::string id;
    std::string park_id;
    /// `reserved`, `linked` or `retired`.
    std::string state;
};

enum class Role : std::uint8_t {
    /// It has children, which its links name.
    parent,
    /// Its one link names its parent.
    child,
    /// It has no links.
    unlinked,
};

struct LinksOfId {
    std::string id;
    Role role = Role::unlinked;
    std::vector<Link> links;
};

struct ChildDriver {
    std::string driver_id;
    std::string park_id;
};

/// Why a driver gets no child.
enum class ChildDriverRefusal : std::uint8_t {
    driver_not_found,
    driver_not_working,
    driver_is_child,
    driver_quarantined,
    park_not_mirrored,
};

/// The code as it stands in the contract.
[[nodiscard]] std::string_view to_string(ChildDriverRefusal refusal) noexcept;

/// What other services ask fleet-synchronizer for. Everything throws as http::JsonClient does; an answer that is not as
/// the contract says is a platform::StoreUnavailable. Safe to use from any thread.
class FleetSynchronizer {
public:
    /// Throws std::invalid_argument for settings that cannot be used. Does not connect. The clock must outlive this.
    FleetSynchronizer(const http::JsonClientSettings& settings, const platform::Clock& clock);

    /// `entity` is `parks`, `drivers`, ...
    [[nodiscard]] LinksOfId links(std::string_view entity, std::string_view id) const;
    /// The same for 1 to 1000 ids, in their order.
    [[nodiscard]] std::vector<LinksOfId> links(std::string_view entity, std::span<const std::string> ids) const;

    /// The child of a driver in a family's park, made now or before: repeating it is harmless.
    [[nodiscard]] std::variant<ChildDriver, ChildDriverRefusal> create_child_driver(
        std::string_view family, std::string_view parent_driver_id) const;

private:
    const http::JsonClient client_;
};

}  // namespace twinfleet::clients

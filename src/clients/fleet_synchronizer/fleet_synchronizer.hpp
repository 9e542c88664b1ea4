#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/http_client/json_client.hpp"

namespace twinfleet::clients {

/// The counterpart of a document in another park: the child of a parent, or the parent of a child (contract, section
/// 4).
struct Link {
    /// The app family of the counterpart.
    std::string family;
    std::string id;
    std::string park_id;
    /// `reserved`, `linked` or `retired`.
    std::string state;
};

/// What a document is to the mirror.
enum class Role : std::uint8_t {
    /// The document has children, which its links name.
    parent,
    /// The document is a child. Its one link names its parent.
    child,
    /// The document has no links.
    unlinked,
};

/// The role of a document and its links.
struct LinksOfId {
    std::string id;
    Role role = Role::unlinked;
    std::vector<Link> links;
};

/// The child of a driver.
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

/// The code of the refusal in the contract (section 4).
[[nodiscard]] std::string_view to_string(ChildDriverRefusal refusal) noexcept;

/// Asks fleet-synchronizer for what other services need. Every function throws as http::JsonClient does; an answer that
/// is not as the contract says throws platform::StoreUnavailable. Safe to use from any thread.
class FleetSynchronizer {
public:
    /// Does not connect. Throws std::invalid_argument for settings that cannot be used. The clock outlives this.
    FleetSynchronizer(const http::JsonClientSettings& settings, const platform::Clock& clock);

    /// The links of one document. `entity` is the name of its entity: `parks`, `drivers`, ...
    [[nodiscard]] LinksOfId links(std::string_view entity, std::string_view id) const;
    /// The same for 1 to 1000 documents. Returns one answer for each id, in the same order.
    [[nodiscard]] std::vector<LinksOfId> links(std::string_view entity, std::span<const std::string> ids) const;

    /// The child of a driver in a family's park, which is made if there is none yet. Calling this again is harmless.
    [[nodiscard]] std::variant<ChildDriver, ChildDriverRefusal> create_child_driver(
        std::string_view family, std::string_view parent_driver_id) const;

private:
    const http::JsonClient client_;
};

}  // namespace twinfleet::clients

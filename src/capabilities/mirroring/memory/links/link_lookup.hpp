#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/links/link_store.hpp"

namespace twinfleet::mirroring {

/// What an id is in the mirror (contract, section 4).
enum class LinkRole : std::uint8_t { parent, child, unlinked };

[[nodiscard]] const char* to_string(LinkRole role);
[[nodiscard]] const char* to_string(LinkState state);
/// The state whose name to_string() gives.
[[nodiscard]] LinkState link_state_of(std::string_view text);

struct LinkedDocument {
    /// `taximeter` for the parent of a child.
    std::string family;
    std::string id;
    std::string park_id;
    LinkState state;
    Time created_at;
    Time synced_at;
};

struct LinkAnswer {
    std::string id;
    LinkRole role = LinkRole::unlinked;
    /// Of a parent its children, in order of family; of a child its parent.
    std::vector<LinkedDocument> links;
};

/// One answer for each id, in order.
[[nodiscard]] std::vector<LinkAnswer> look_up_links(LinkStore& store, const Entity& entity,
                                                    std::span<const std::string> ids);

}  // namespace twinfleet::mirroring

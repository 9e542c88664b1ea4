#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/links/link_store.hpp"

namespace twinfleet::mirroring {

/// What an id is to the mirror (contract, section 4).
enum class LinkRole : std::uint8_t { parent, child, unlinked };

[[nodiscard]] const char* to_string(LinkRole role);
[[nodiscard]] const char* to_string(LinkState state);
/// The state of that name, as to_string() gives it.
[[nodiscard]] LinkState link_state_of(std::string_view text);

/// The same for why a child is kept retired.
[[nodiscard]] const char* to_string(KeptRetired why);
[[nodiscard]] KeptRetired kept_retired_of(std::string_view text);

/// A document that another one is linked with.
struct LinkedDocument {
    /// The family of this document's park; `taximeter` for a parent.
    std::string family;
    std::string id;
    std::string park_id;
    LinkState state;
    Time created_at;
    Time synced_at;
};

/// What is known of one id.
struct LinkAnswer {
    std::string id;
    LinkRole role = LinkRole::unlinked;
    /// For a parent its children, in order of family; for a child its parent; empty for other ids.
    std::vector<LinkedDocument> links;
};

/// Looks ids up among parents and children. Returns one answer for each id, in the same order. Throws what the store
/// throws.
[[nodiscard]] std::vector<LinkAnswer> look_up_links(LinkStore& store, const Entity& entity,
                                                    std::span<const std::string> ids);

}  // namespace twinfleet::mirroring

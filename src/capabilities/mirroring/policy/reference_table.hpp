#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// The links that the references of some parents lead to, found by entity and by the id of the parent that is referred
/// to.
class ReferenceTable {
public:
    /// Adds a link. It replaces one of the same parent that is there already.
    void add(const Entity& target, Link link);
    /// The link of the parent `parent_id`, if its child may be referred to from a child of `parent_park_id`: the link
    /// must be `linked` and its parent be in that park. Otherwise nullptr. Valid until the table is changed.
    [[nodiscard]] const Link* find(const Entity& target, std::string_view parent_id,
                                   std::string_view parent_park_id) const;
    void clear();

private:
    struct Group {
        const Entity* target;
        std::vector<Link> links;
        /// Open addressing by parent id: 0, or one more than the place of a link. Its size is a power of two.
        std::vector<std::uint32_t> slots;
        void rehash(std::size_t slot_count);
    };
    Group& group(const Entity& target);
    std::vector<Group> groups_;
};

}  // namespace twinfleet::mirroring

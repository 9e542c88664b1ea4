#include "capabilities/mirroring/policy/reference_table.hpp"

#include <utility>

namespace twinfleet::mirroring {
namespace {

std::uint32_t hash_text(std::string_view text) noexcept {
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return hash;
}

}  // namespace

void ReferenceTable::Group::rehash(std::size_t slot_count) {
    slots.assign(slot_count, 0);
    for (std::uint32_t i = 0; i < links.size(); ++i) {
        std::size_t slot = hash_text(links[i].parent_id.value()) & (slot_count - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots[slot] = i + 1;
    }
}

ReferenceTable::Group& ReferenceTable::group(const Entity& target) {
    for (Group& group : groups_) {
        if (group.target == &target) {
            return group;
        }
    }
    return groups_.emplace_back(Group{&target, {}, std::vector<std::uint32_t>(64, 0)});
}

void ReferenceTable::add(const Entity& target, Link link) {
    Group& group = this->group(target);
    std::size_t mask = group.slots.size() - 1;
    std::size_t slot = hash_text(link.parent_id.value()) & mask;
    while (group.slots[slot] != 0) {
        Link& known = group.links[group.slots[slot] - 1];
        if (known.parent_id == link.parent_id) {
            known = std::move(link);
            return;
        }
        slot = (slot + 1) & mask;
    }
    group.links.push_back(std::move(link));
    group.slots[slot] = static_cast<std::uint32_t>(group.links.size());
    if (group.links.size() * 2 > group.slots.size()) {
        group.rehash(group.slots.size() * 2);
    }
}

const Link* ReferenceTable::find(const Entity& target, std::string_view parent_id,
                                 std::string_view parent_park_id) const {
    for (const Group& group : groups_) {
        if (group.target != &target) {
            continue;
        }
        const std::size_t mask = group.slots.size() - 1;
        std::size_t slot = hash_text(parent_id) & mask;
        while (group.slots[slot] != 0) {
            const Link& link = group.links[group.slots[slot] - 1];
            if (link.parent_id.value() == parent_id) {
                const bool usable = link.state == LinkState::linked && link.parent_park_id.value() == parent_park_id;
                return usable ? &link : nullptr;
            }
            slot = (slot + 1) & mask;
        }
        return nullptr;
    }
    return nullptr;
}

void ReferenceTable::clear() {
    groups_.clear();
}

}  // namespace twinfleet::mirroring

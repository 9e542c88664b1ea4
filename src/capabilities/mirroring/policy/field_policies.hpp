#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"

namespace twinfleet::mirroring {

/// The policies of one entity, found by the name of their field. find() is called for every field of every document
/// that is read, so this is a hash table with open addressing whose hash looks at no more than the length and three
/// letters of a name.
class FieldPolicies {
public:
    /// The policies must outlive this.
    explicit FieldPolicies(std::span<const FieldPolicy> policies) {
        std::size_t slot_count = 16;
        while (slot_count < policies.size() * 4) {
            slot_count *= 2;
        }
        slots_.assign(slot_count, nullptr);
        for (const FieldPolicy& policy : policies) {
            std::size_t slot = hash(policy.field) & (slot_count - 1);
            while (slots_[slot] != nullptr) {
                slot = (slot + 1) & (slot_count - 1);
            }
            slots_[slot] = &policy;
        }
    }

    /// The policy of the field; nullptr when the entity has none for it.
    [[nodiscard]] const FieldPolicy* find(std::string_view field) const noexcept {
        std::size_t slot = hash(field) & (slots_.size() - 1);
        while (slots_[slot] != nullptr) {
            if (slots_[slot]->field == field) {
                return slots_[slot];
            }
            slot = (slot + 1) & (slots_.size() - 1);
        }
        return nullptr;
    }

private:
    /// Field names share prefixes and suffixes more often than all of length, first, middle and last letter.
    [[nodiscard]] static std::uint32_t hash(std::string_view field) noexcept {
        if (field.empty()) {
            return 0;
        }
        const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(field[i])); };
        return static_cast<std::uint32_t>(field.size()) * 131U + at(0) * 31U + at(field.size() / 2) * 7U +
               at(field.size() - 1);
    }

    /// Its size is a power of two.
    std::vector<const FieldPolicy*> slots_;
};

}  // namespace twinfleet::mirroring

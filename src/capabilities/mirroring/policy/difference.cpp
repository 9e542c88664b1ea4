#include "capabilities/mirroring/policy/difference.hpp"

#include <iterator>

#include "capabilities/mirroring/policy/projection.hpp"
#include "platform/bson/change_position.hpp"

namespace twinfleet::mirroring {

Difference Projector::difference(bson::View child, bson::View content) const {
    // Child and projection nearly always hold the same fields in the same order, so both are walked side by side and a
    // field is searched for only where they part.
    Difference difference;
    if (const auto time = child.find(bson::updated_ts_field); time && time->type == bson::Type::timestamp) {
        difference.has_empty_time = time->timestamp() == bson::Timestamp{};
    }
    auto in_child = child.begin();
    const auto skip_own = [&] {
        while (in_child != std::default_sentinel && belongs_to_child(in_child->key)) {
            ++in_child;
        }
    };
    skip_own();
    bool same_order = true;
    for (const bson::Element& wanted : content) {
        if (same_order && in_child != std::default_sentinel && in_child->key == wanted.key) {
            if (!in_child->same_value(wanted)) {
                difference.fields.push_back({std::string(wanted.key), *in_child, wanted});
            }
            ++in_child;
            skip_own();
            continue;
        }
        same_order = false;
        const auto found = child.find(wanted.key);
        if (!found || !found->same_value(wanted)) {
            difference.fields.push_back({std::string(wanted.key), found, wanted});
        }
    }
    if (same_order && in_child == std::default_sentinel) {
        return difference;
    }
    for (const bson::Element& element : child) {
        if (!belongs_to_child(element.key) && !content.find(element.key)) {
            difference.fields.push_back({std::string(element.key), element, std::nullopt});
        }
    }
    return difference;
}

Difference Projector::retirement(bson::View child, bson::Document& storage) const {
    const Retirement& rule = entity_->retirement;
    bson::Builder builder;
    if (rule.value.empty()) {
        builder.boolean(rule.field, false);
    } else {
        builder.string(rule.field, rule.value);
    }
    storage = builder.take();
    Difference difference;
    const auto current = child.find(rule.field);
    const auto wanted = storage.view().find(rule.field);
    if (!current || !current->same_value(*wanted)) {
        difference.fields.push_back({std::string(rule.field), current, wanted});
    }
    return difference;
}

Difference Projector::erasure(bson::View child, bson::Document& storage) const {
    Difference difference = retirement(child, storage);
    for (const bson::Element& element : child) {
        const FieldPolicy* policy = policy_of(element.key);
        const bool names_parent = policy != nullptr && policy->derivation == Derivation::parent_id;
        const bool stays = belongs_to_child(element.key) || names_parent || element.key == entity_->park_field ||
                           element.key == entity_->retirement.field || element.key == "modified_date";
        if (!stays) {
            difference.fields.push_back({std::string(element.key), element, std::nullopt});
        }
    }
    return difference;
}

Difference Projector::switching_off(bson::View child, const ParentFacts& parent) const {
    Difference difference;
    if (parent.off_switch) {
        const auto current = child.find(parent.off_switch->key);
        if (!current || !current->same_value(*parent.off_switch)) {
            difference.fields.push_back({std::string(parent.off_switch->key), current, parent.off_switch});
        }
    }
    return difference;
}

}  // namespace twinfleet::mirroring

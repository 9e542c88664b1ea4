#include "capabilities/mirroring/policy/projection.hpp"

#include <chrono>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "domain/grant.hpp"

namespace twinfleet::mirroring {
namespace {

/// What is no list of grants grants nothing.
bson::Document read_only_grants(const bson::Element& element) {
    domain::GrantSet grants;
    if (element.type == bson::Type::array) {
        for (const bson::Element& each : element.document()) {
            if (const auto grant = each.is_string() ? domain::parse_grant(each.string()) : std::nullopt) {
                grants.add(*grant);
            }
        }
    }
    return bson::string_array(grants.read_only().names());
}

/// The child that the reference leads to; nullptr when it leads to none, or when the value is no id at all.
const Link* child_referred_to(const FieldPolicy& policy, const bson::Element& reference,
                              const ReferenceTable& references, std::string_view parent_park_id) {
    return reference.is_string() ? references.find(entity(policy.target), reference.string(), parent_park_id) : nullptr;
}

/// A list of references without those that lead to no child. Returns how many were left out.
std::uint32_t write_references(bson::Builder& content, const FieldPolicy& policy, const bson::Element& list,
                               const ReferenceTable& references, std::string_view parent_park_id) {
    std::uint32_t left_out = 0;
    std::size_t place = 0;
    content.begin_array(list.key);
    for (const bson::Element& reference : list.document()) {
        if (reference.type == bson::Type::null) {
            content.null(std::to_string(place++));
        } else if (const Link* link = child_referred_to(policy, reference, references, parent_park_id)) {
            content.string(std::to_string(place++), link->child_id.value());
        } else {
            ++left_out;
        }
    }
    content.end();
    return left_out;
}

std::string child_value(const FieldPolicy& policy, const ParentFacts& parent, const ChildIdentity& child,
                        const domain::AppFamily& family) {
    switch (policy.derivation) {
        case Derivation::family_name:
            return family.name;
        case Derivation::parent_id:
            return parent.id;
        case Derivation::unique_login:
            return std::string(child.login);
        case Derivation::none:
            break;
    }
    return {};
}

}  // namespace

Projector::Projector(const Entity& entity, const domain::AppFamily& family)
    : entity_(&entity), family_(&family), policies_(entity.fields) {
    for (const FieldPolicy& policy : entity.fields) {
        if (policy.treatment == Treatment::derive || policy.treatment == Treatment::constant) {
            derived_.push_back(&policy);
        } else if (policy.treatment == Treatment::child_owned) {
            child_owned_.push_back(&policy);
        }
    }
}

Projection Projector::project(const ParentFacts& parent, const ChildIdentity& child,
                              const ReferenceTable& references) const {
    Projection projection;
    bson::Builder content;
    std::uint32_t derived_written = 0;
    // Fields that are copied stand mostly side by side: a run of them is copied in one go.
    bson::Bytes run;
    const auto copy_run = [&] {
        if (!run.empty()) {
            content.copy(run);
            run = {};
        }
    };
    const auto copy = [&](const bson::Element& element) {
        if (run.empty()) {
            run = element.whole;
        } else if (run.data() + run.size() == element.whole.data()) {
            run = bson::Bytes(run.data(), run.size() + element.whole.size());
        } else {
            copy_run();
            run = element.whole;
        }
    };
    const auto write_derived = [&](const FieldPolicy& policy) {
        if (policy.treatment == Treatment::constant) {
            content.boolean(policy.field, policy.constant);
            return;
        }
        content.string(policy.field, child_value(policy, parent, child, *family_));
    };
    for (const bson::Element& element : parent.document) {
        if (element.key == "_id" || element.key == "updated_ts" || is_left_out_of_children(element.key)) {
            continue;
        }
        const FieldPolicy* policy = policy_of(element.key);
        if (policy == nullptr || policy->treatment == Treatment::copy) {
            copy(element);
            continue;
        }
        copy_run();
        switch (policy->treatment) {
            case Treatment::remap:
                if (policy->field == entity_->park_field) {
                    content.string(element.key, child.park_id);
                } else if (element.type == bson::Type::null) {
                    content.copy(element);
                } else if (const Link* link = child_referred_to(*policy, element, references, parent.park_id)) {
                    content.string(element.key, link->child_id.value());
                } else {
                    ++projection.dangling_references;
                }
                break;
            case Treatment::remap_each:
                if (element.type == bson::Type::null) {
                    content.copy(element);
                } else if (element.type == bson::Type::array) {
                    projection.dangling_references +=
                        write_references(content, *policy, element, references, parent.park_id);
                } else {
                    ++projection.dangling_references;
                }
                break;
            case Treatment::read_only:
                content.array(element.key, read_only_grants(element));
                break;
            case Treatment::derive:
            case Treatment::constant:
                write_derived(*policy);
                for (std::size_t i = 0; i < derived_.size(); ++i) {
                    derived_written |= derived_[i] == policy ? 1U << i : 0U;
                }
                break;
            case Treatment::drop:
            case Treatment::child_owned:
            case Treatment::copy:
                break;
        }
    }
    copy_run();
    for (std::size_t i = 0; i < derived_.size(); ++i) {
        if ((derived_written & 1U << i) == 0) {
            write_derived(*derived_[i]);
        }
    }
    projection.content = content.take();
    projection.hash = hash_of(projection.content);
    return projection;
}

bson::Document Projector::new_child(const ChildIdentity& child, bson::View content, Time now) const {
    bson::Builder document;
    document.string("_id", child.id);
    const auto bytes = content.bytes();
    document.copy(bytes.subspan(4, bytes.size() - 5));
    for (const FieldPolicy* policy : child_owned_) {
        if (policy->first_value == FirstValue::zero) {
            document.int32(policy->field, 0);
        } else if (policy->first_value == FirstValue::now) {
            document.date(policy->field,
                          std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
        }
    }
    return document.take();
}

std::size_t Projector::stored_size_bytes(const ChildIdentity& child, bson::View content) const noexcept {
    constexpr std::size_t type_and_terminator = 2;
    constexpr std::size_t length_and_terminator = 5;
    const auto field_bytes = [](std::string_view name, std::size_t value_bytes) {
        return type_and_terminator + name.size() + value_bytes;
    };
    std::size_t size = content.size_bytes();
    size += field_bytes("_id", length_and_terminator + child.id.size());
    size += field_bytes("updated_ts", sizeof(std::uint64_t));
    for (const FieldPolicy* policy : child_owned_) {
        size += field_bytes(policy->field,
                            policy->first_value == FirstValue::zero ? sizeof(std::int32_t) : sizeof(std::int64_t));
    }
    return size;
}

bson::Document Projector::replaced_child(bson::View existing, bson::View content) const {
    bson::Builder document;
    if (const auto id = existing.find("_id")) {
        document.copy(*id);
    }
    const auto bytes = content.bytes();
    document.copy(bytes.subspan(4, bytes.size() - 5));
    for (const bson::Element& element : existing) {
        if (element.key != "_id" && element.key != "updated_ts" && belongs_to_child(element.key)) {
            document.copy(element);
        }
    }
    return document.take();
}

}  // namespace twinfleet::mirroring

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/link.hpp"
#include "capabilities/mirroring/policy/content.hpp"
#include "capabilities/mirroring/policy/difference.hpp"
#include "capabilities/mirroring/policy/field_policies.hpp"
#include "capabilities/mirroring/policy/logins.hpp"
#include "capabilities/mirroring/policy/parent_facts.hpp"
#include "capabilities/mirroring/policy/parent_id.hpp"
#include "capabilities/mirroring/policy/reference_table.hpp"
#include "domain/app_family.hpp"
#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// The child that is being projected.
struct ChildIdentity {
    std::string_view id;
    std::string_view park_id;
    /// Parks only: the login that is to be the child's.
    std::string_view login;
};

/// What a child should hold, but for `_id`, `updated_ts` and its own fields.
struct Projection {
    bson::Document content;
    SourceHash hash{};
    std::uint32_t dangling_references = 0;
};

/// The policies of one entity for one family, made ready for use. Its calls are pure functions of documents. Safe to
/// use from several threads.
class Projector {
public:
    /// Both must outlive the projector.
    Projector(const Entity& entity, const domain::AppFamily& family);

    [[nodiscard]] const Entity& entity() const noexcept { return *entity_; }
    [[nodiscard]] const domain::AppFamily& family() const noexcept { return *family_; }

    // What a parent says (parent_facts.cpp).

    /// Throws bson::Malformed when the bytes are no document.
    [[nodiscard]] ParentFacts inspect(bson::View document) const;
    /// A string in a field without a policy that might be the id of a parent: a reference that the table of entities
    /// does not know. Both look into the document.
    struct Suspect {
        std::string_view field;
        std::string_view text;
    };
    /// Appends what the document holds of these.
    void collect_suspects(bson::View document, std::vector<Suspect>& suspects) const;

    // What its child should hold (projection.cpp).

    [[nodiscard]] Projection project(const ParentFacts& parent, const ChildIdentity& child,
                                     const ReferenceTable& references) const;
    /// A child to be inserted: `_id`, the content, and the first values of its own fields. Without `updated_ts`.
    [[nodiscard]] bson::Document new_child(const ChildIdentity& child, bson::View content, Time now) const;
    /// Size of the child in the store, `updated_ts` included.
    [[nodiscard]] std::size_t stored_size_bytes(const ChildIdentity& child, bson::View content) const noexcept;
    /// A child to be replaced: `_id`, the content, and its own fields as they stand in `existing`.
    [[nodiscard]] bson::Document replaced_child(bson::View existing, bson::View content) const;

    // How a child differs from that (difference.cpp).

    /// `_id`, `updated_ts` and the fields that the child owns do not count.
    [[nodiscard]] Difference difference(bson::View child, bson::View content) const;
    /// The difference that switches a child off. Its elements look into `child` and into `storage`, which is filled.
    [[nodiscard]] Difference retirement(bson::View child, bson::Document& storage) const;

    /// The policy of a field; nullptr where the entity has none for it.
    [[nodiscard]] const FieldPolicy* policy_of(std::string_view field) const noexcept { return policies_.find(field); }

private:
    [[nodiscard]] bool belongs_to_child(std::string_view field) const noexcept {
        if (field == "_id" || field == "updated_ts") {
            return true;
        }
        const FieldPolicy* policy = policy_of(field);
        return policy != nullptr && policy->treatment == Treatment::child_owned;
    }

    const Entity* entity_;
    const domain::AppFamily* family_;
    FieldPolicies policies_;
    std::vector<const FieldPolicy*> derived_;
    std::vector<const FieldPolicy*> child_owned_;
};

}  // namespace twinfleet::mirroring

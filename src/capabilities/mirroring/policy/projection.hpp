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

/// The identity of the child that a projection is for.
struct ChildIdentity {
    std::string_view id;
    std::string_view park_id;
    /// For parks only: the login that the child is to have.
    std::string_view login;
};

/// What a child should hold, except `_id`, `updated_ts` and the fields that the child owns.
struct Projection {
    bson::Document content;
    SourceHash hash{};
    /// References of the parent that lead to no child, or that are no ids at all, and were left out.
    std::uint32_t dangling_references = 0;
};

/// Applies the policies of one entity for one family. All functions are pure. Safe to use from several threads.
class Projector {
public:
    /// Both arguments outlive the projector.
    Projector(const Entity& entity, const domain::AppFamily& family);

    [[nodiscard]] const Entity& entity() const noexcept { return *entity_; }
    [[nodiscard]] const domain::AppFamily& family() const noexcept { return *family_; }

    // What a parent says (parent_facts.cpp).

    /// What the document says. Throws bson::Malformed when its bytes are no document.
    [[nodiscard]] ParentFacts inspect(bson::View document) const;
    /// A string in a field without a policy that might be the id of a parent, which would be a reference that the table
    /// of entities does not know. Both members look into the document.
    struct Suspect {
        std::string_view field;
        std::string_view text;
    };
    /// Appends the suspects that the document holds.
    void collect_suspects(bson::View document, std::vector<Suspect>& suspects) const;

    // What its child should hold (projection.cpp).

    /// The projection of a parent: what its child should hold.
    [[nodiscard]] Projection project(const ParentFacts& parent, const ChildIdentity& child,
                                     const ReferenceTable& references) const;
    /// The document of a child to be inserted: `_id`, the content, and the first values of the fields that it owns.
    /// Without `updated_ts`.
    [[nodiscard]] bson::Document new_child(const ChildIdentity& child, bson::View content, Time now) const;
    /// The size of the child as it will be stored, with `updated_ts`.
    [[nodiscard]] std::size_t stored_size_bytes(const ChildIdentity& child, bson::View content) const noexcept;
    /// The document that replaces a child: `_id`, the content, and the fields that the child owns, as they stand in
    /// `existing`. Without `updated_ts`.
    [[nodiscard]] bson::Document replaced_child(bson::View existing, bson::View content) const;

    // How a child differs from that (difference.cpp).

    /// How the child differs from the content. `_id`, `updated_ts` and the fields that the child owns are not compared,
    /// but an empty `updated_ts` is told.
    [[nodiscard]] Difference difference(bson::View child, bson::View content) const;
    /// The difference that switches a child off. Its elements look into `child` and into `storage`, which this function
    /// fills.
    [[nodiscard]] Difference retirement(bson::View child, bson::Document& storage) const;

    /// The difference that erases what a child holds of a person: all but its own id, those of its park and of its
    /// parent, the fields that it owns, and `modified_date`; and that switches it off. So whoever refers to the child
    /// still finds it, and accounts can be closed. Its elements look into `child` and into `storage`, which this
    /// function fills.
    [[nodiscard]] Difference erasure(bson::View child, bson::Document& storage) const;

    /// The difference that switches the child of a parent that cannot be mirrored off, as its parent is: the one field
    /// of ParentFacts::off_switch. Empty when the child holds the same there already, and when the parent has none. Its
    /// elements look into `child` and into the parent.
    [[nodiscard]] Difference switching_off(bson::View child, const ParentFacts& parent) const;

    /// The policy of the field; nullptr when the entity has none for it.
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

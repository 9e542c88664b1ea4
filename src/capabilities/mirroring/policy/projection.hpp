#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/link.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "domain/app_family.hpp"
#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// A parent's `updated_ts`; monostate where it has none of a usable type.
using SourceVersion = std::variant<std::monostate, bson::Timestamp, std::int64_t>;

[[nodiscard]] std::optional<Time> to_time(const SourceVersion& version);

/// A field that refers to another entity, with the id it holds.
struct Reference {
    const FieldPolicy* policy;
    std::string_view id;
};

/// What has to be known of a document before anything can be planned. Everything here looks into the document.
struct ParentFacts {
    bson::View document;
    /// The `_id`: as it is when it is a usable string, else in canonical Extended JSON, or, when it has none (text that
    /// is not UTF-8, nesting too deep), a stand-in: see is_stand_in_for_id().
    std::string id;
    /// The id of the park it belongs to (for a park: its own); empty when it cannot be read.
    std::string park_id;
    /// Why it cannot be mirrored whatever the circumstances; empty when it can.
    std::string problem;
    /// It bears a `fleet_type`: a child, never a source.
    bool is_child = false;
    /// It holds the field by which a child names its parent. A parent may hold one, too, whatever it means there.
    bool names_a_parent = false;
    /// The field by which this kind of document is switched off says so.
    bool is_switched_off = false;
    SourceVersion version;
    /// References other than the park. Ids that no document can have are left out here, and dangle.
    std::vector<Reference> references;
    /// Parks only.
    std::string_view login;
    std::string_view city_id;
    std::string_view country_id;
    /// `license.number`, where it is a string.
    std::string_view license_number;
};

/// Links that references lead to, by parent id.
class ReferenceTable {
public:
    void add(const Entity& target, Link link);
    /// The link of that parent if its child can be referred to from `parent_park_id`: it exists, and its parent is in
    /// that park.
    [[nodiscard]] const Link* find(const Entity& target, std::string_view parent_id,
                                   std::string_view parent_park_id) const;
    void clear();

private:
    struct Group {
        const Entity* target;
        std::vector<Link> links;
        std::vector<std::uint32_t> slots;
        void rehash(std::size_t slot_count);
    };
    Group& group(const Entity& target);
    std::vector<Group> groups_;
};

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

/// How a child that exists differs from its projection.
struct Difference {
    struct Field {
        std::string name;
        /// Absent: the child does not have the field, or should not have it.
        std::optional<bson::Element> from;
        std::optional<bson::Element> to;
    };
    /// Elements look into the child and into the projection.
    std::vector<Field> fields;
    [[nodiscard]] bool empty() const noexcept { return fields.empty(); }
};

/// The policy of one entity for one family, made ready for use: pure functions of documents.
class Projector {
public:
    /// Both must outlive the projector.
    Projector(const Entity& entity, const domain::AppFamily& family);

    [[nodiscard]] const Entity& entity() const noexcept { return *entity_; }
    [[nodiscard]] const domain::AppFamily& family() const noexcept { return *family_; }

    /// Throws bson::Malformed when the bytes are no document.
    [[nodiscard]] ParentFacts inspect(bson::View document) const;
    [[nodiscard]] Projection project(const ParentFacts& parent, const ChildIdentity& child,
                                     const ReferenceTable& references) const;
    /// A child to be inserted: `_id`, the content, and the first values of its own fields. Without `updated_ts`.
    [[nodiscard]] bson::Document new_child(const ChildIdentity& child, bson::View content, Time now) const;
    /// Bytes of the child in the store, `updated_ts` included.
    [[nodiscard]] std::size_t stored_size_bytes(const ChildIdentity& child, bson::View content) const noexcept;
    /// A child to be replaced: `_id`, the content, and its own fields as they stand in `existing`.
    [[nodiscard]] bson::Document replaced_child(bson::View existing, bson::View content) const;
    /// Fields that the child owns and `updated_ts` do not count.
    [[nodiscard]] Difference difference(bson::View child, bson::View content) const;
    /// The difference that switches a child off. Elements look into `child` and into `storage`, which is filled.
    [[nodiscard]] Difference retirement(bson::View child, bson::Document& storage) const;

    /// Strings in fields without a policy that might be ids of parents (untaught references): the field and the text.
    struct Suspect {
        std::string_view field;
        std::string_view text;
    };
    void collect_suspects(bson::View document, std::vector<Suspect>& suspects) const;

    /// The policy of a field; nullptr where nobody named it.
    [[nodiscard]] const FieldPolicy* policy_of(std::string_view field) const noexcept;

private:
    [[nodiscard]] bool belongs_to_child(std::string_view field) const noexcept;

    const Entity* entity_;
    const domain::AppFamily* family_;
    /// Open addressing over the policies by field name; a power of two.
    std::vector<const FieldPolicy*> slots_;
    std::vector<const FieldPolicy*> derived_;
    std::vector<const FieldPolicy*> child_owned_;
};

/// The text can be an id of a link: valid UTF-8 without NUL, not empty, at most 1024 bytes.
[[nodiscard]] bool is_usable_id(std::string_view text) noexcept;

/// The text stands for an `_id` that has no text of its own: it is the same for the same `_id`, but the document cannot
/// be asked for by it.
[[nodiscard]] bool is_stand_in_for_id(std::string_view text) noexcept;

/// The login that a child should have, unless it is taken; and the one it has then (contract, section 1).
[[nodiscard]] std::string derived_login(std::string_view parent_login, const domain::AppFamily& family);
[[nodiscard]] std::string fallback_login(std::string_view parent_login, const domain::AppFamily& family,
                                         std::string_view child_id);

[[nodiscard]] SourceHash hash_of(bson::View content);

/// A field of it has no name, or a name in it, at any depth, holds a dot or begins with a dollar sign: its fields
/// cannot be set one by one.
[[nodiscard]] bool has_awkward_names(bson::View document);

}  // namespace twinfleet::mirroring

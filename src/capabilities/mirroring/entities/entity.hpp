#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace twinfleet::mirroring {

/// What becomes of one field of a parent in its child. A field without a policy is copied as it stands.
enum class Treatment : std::uint8_t {
    copy,         ///< as it stands; named so that the mirror does not suspect an unknown reference in the field
    remap,        ///< the id of another entity's parent becomes the id of that parent's child; see FieldPolicy::target
    remap_each,   ///< the same for each element of a list
    derive,       ///< computed (Derivation)
    constant,     ///< the same boolean in every child
    read_only,    ///< a list of grants, from which the right to edit is taken (domain::GrantSet::read_only)
    drop,         ///< left out of the child
    child_owned,  ///< has a first value at creation and belongs to the child from then on
};

/// What a derived field of a child holds.
enum class Derivation : std::uint8_t {
    none,
    family_name,   ///< the app family's name
    parent_id,     ///< the parent's `_id`
    unique_login,  ///< the parent's login, then `-` and the family's name (contract, section 1)
};

/// What a child-owned field holds when the child is made. `none`: the field is absent.
enum class FirstValue : std::uint8_t { none, zero, now };

/// The policy of one field: what becomes of the field in the child. Each member below `treatment` counts for one
/// treatment only, which its comment names.
struct FieldPolicy {
    std::string_view field;
    Treatment treatment = Treatment::copy;
    /// For remap and remap_each: the name of the entity to which the field refers. What is null stays null; whatever
    /// else is not the id of a parent of the same park with a child is left out and counted (contract, section 1).
    std::string_view target{};
    /// For derive: what the field holds.
    Derivation derivation = Derivation::none;
    /// For child_owned: what the field holds at first.
    FirstValue first_value = FirstValue::none;
    /// For constant: the value.
    bool constant = false;
};

/// When a child is made.
enum class Creation : std::uint8_t {
    when_enabled,  ///< by the job, when the configuration enables the parent's city
    with_park,     ///< by the job, for every parent in a mirrored park
    on_demand,     ///< when somebody needs it; from then on the job keeps it in step
};

/// Where the documents of an entity are.
enum class Storage : std::uint8_t {
    mongo,
    access_control,  ///< in the service access-control, behind its HTTP API
};

/// By which field documents are switched off, and how a child is when its parent is gone (contract, section 1).
struct Retirement {
    std::string_view field;
    /// The text that the field gets; empty for a boolean field, which becomes false.
    std::string_view value{};
    /// The text that the field holds while the document is on; any other text says that it is off. Empty for a boolean
    /// field, which is true then.
    std::string_view on{};
};

/// An index of a MongoDB collection.
struct IndexSpecification {
    std::string_view name;
    /// The keys as JSON: {"updated_ts": 1, "_id": 1}.
    std::string_view keys;
    bool unique = false;
};

/// Everything the mirror knows about one kind of document. All entities are in the table in entity_table.cpp, and the
/// mirror knows nothing about them from elsewhere.
struct Entity {
    /// The name in link tables, metrics and the API: `parks`, `cars`, ...
    std::string_view name;
    /// The job that keeps the entity in step, as it is called in commands and the API. The job `users` keeps two,
    /// groups and then users; each entity has passes, a cursor and a lease of its own all the same.
    std::string_view job{};
    Storage storage = Storage::mongo;
    std::string_view database{};
    std::string_view collection{};
    Creation creation = Creation::with_park;
    /// The field with the id of the park that a document belongs to; `_id` when the document is the park itself.
    std::string_view park_field = "park_id";
    Retirement retirement{};
    /// Whether a parent that is switched off (its field has the value that `retirement` would set) gets no child unless
    /// it was asked for by its id.
    bool switched_off_gets_no_child = false;
    /// Whether a child park may have accounts of its own that are copies of nothing, such as its master account. They
    /// are made before the first children of this entity.
    bool has_accounts_beside = false;
    /// The name of a text field that no two children of one park may have in common. The store refuses the second one
    /// (WriteOutcome::login_taken).
    std::string_view unique_in_park{};
    /// Whether a child is added to the profiles of the unique driver of its licence before its link becomes `linked`.
    bool has_driver_profile = false;
    /// Whether the documents are about persons whose data can be erased (memory/erasures/).
    bool can_be_erased = false;
    std::span<const FieldPolicy> fields{};
    std::span<const IndexSpecification> indexes{};

    [[nodiscard]] bool is_park() const noexcept { return park_field == "_id"; }
};

}  // namespace twinfleet::mirroring

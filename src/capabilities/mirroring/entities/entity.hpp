#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace twinfleet::mirroring {

/// What becomes of one field of a parent in its child. A field without a policy is copied as it stands.
enum class Treatment : std::uint8_t {
    copy,   ///< as it stands; said of fields whose meaning is known, so that they are not suspected of being references
    remap,  ///< the id of another entity's parent becomes the id of that one's child
    derive,       ///< computed; see Derivation
    constant,     ///< the same boolean in every child
    read_only,    ///< a list of grants, each as far as it only lets look (domain/grant.hpp)
    drop,         ///< not in the child
    child_owned,  ///< has a first value at creation and belongs to the child from then on
};

enum class Derivation : std::uint8_t {
    none,
    family_name,   ///< the app family's name
    parent_id,     ///< the parent's `_id`
    unique_login,  ///< the parent's login with the family's name behind it (contract, section 1)
};

/// First value of a child-owned field.
enum class FirstValue : std::uint8_t { none, zero, now };

struct FieldPolicy {
    std::string_view field;
    Treatment treatment = Treatment::copy;
    /// remap: name of the entity that the field refers to.
    std::string_view target{};
    Derivation derivation = Derivation::none;
    FirstValue first_value = FirstValue::none;
    /// constant: the value.
    bool constant = false;
};

/// Who makes a child.
enum class Creation : std::uint8_t {
    when_enabled,  ///< the job, when the configuration enables the parent's city
    with_park,     ///< the job, for everything in a mirrored park
    on_demand,     ///< whoever needs it; the job keeps the linked ones in step
};

enum class Storage : std::uint8_t {
    mongo,
    access_control,  ///< behind that service's HTTP API
};

/// How a child is switched off when its parent is gone (contract, section 1).
struct Retirement {
    std::string_view field;
    /// The value in words; empty means the boolean false.
    std::string_view value{};
};

struct IndexSpecification {
    std::string_view name;
    /// The keys as JSON: {"updated_ts": 1, "_id": 1}.
    std::string_view keys;
    bool unique = false;
};

/// Everything the mirror knows about one kind of document. The table of them is in entity_table.cpp and nowhere else.
struct Entity {
    /// As in link tables, metrics and the API: `parks`, `cars`, ...
    std::string_view name;
    /// The job that keeps it in step, as in commands and the API: `users` stands for groups and users, in this order.
    /// Each has passes, a cursor and a lease of its own all the same.
    std::string_view job{};
    Storage storage = Storage::mongo;
    std::string_view database{};
    std::string_view collection{};
    Creation creation = Creation::with_park;
    /// The field that holds the id of the park a document belongs to; `_id` where it is the park itself.
    std::string_view park_field = "park_id";
    Retirement retirement{};
    /// A parent that is itself switched off (as Retirement says) gets no child unless one is asked for by name.
    bool switched_off_gets_no_child = false;
    /// A child park may have accounts of its own beside the children; they are seen to before the first of these are
    /// made.
    bool has_accounts_beside = false;
    /// A text that no two children of one park have in common: the store does not let the second in
    /// (WriteOutcome::login_taken).
    std::string_view unique_in_park{};
    /// A child is added to the profiles of its licence's unique driver before its link becomes `linked`.
    bool has_driver_profile = false;
    std::span<const FieldPolicy> fields{};
    std::span<const IndexSpecification> indexes{};

    [[nodiscard]] bool is_park() const noexcept { return park_field == "_id"; }
};

}  // namespace twinfleet::mirroring

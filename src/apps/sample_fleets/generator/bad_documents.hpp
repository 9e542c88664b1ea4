#pragma once

#include <array>
#include <cstdint>

#include "apps/sample_fleets/generator/documents.hpp"

namespace twinfleet::sample_fleets {

/// What goes wrong in production now and then, to show the quarantine. Number i of a run is of kind i modulo the count
/// of kinds.
enum class BadDocument : std::uint8_t {
    /// A park whose login is a number, with a rule, a car and a driver of its own: bad_field:login, the rest
    /// parent_quarantined.
    park_login_is_number,
    /// A driver whose car and rule do not exist: mirrored without them, two dangling references.
    driver_references_nothing,
    /// A car whose park_id is a number: bad_field:park_id where cars are created; for its driver it is in no park.
    car_park_id_is_number,
    /// A driver whose _id is a number: bad_id.
    driver_id_is_number,
    /// A work rule whose park_id is a number: bad_field:park_id.
    rule_park_id_is_number,
    /// A driver whose car belongs to another park: mirrored without it, one dangling reference.
    driver_car_of_other_park,
    /// A driver whose phones are one string and whose license is one: the mirror needs neither, so he is copied as he
    /// stands.
    driver_fields_of_other_types,
    /// A park whose _id is a number: bad_id.
    park_id_is_number,
};
inline constexpr std::uint32_t bad_document_kinds = 8;

/// A park "Quarantine Examples" of Chicago with two rules, a car and a driver that are in order, and `count` bad ones
/// in or beside it. Nothing for 0. Their origin is origin::bad_documents; the same count gives the same documents.
void generate_bad_documents(std::uint32_t count, const Sink& sink);

}  // namespace twinfleet::sample_fleets

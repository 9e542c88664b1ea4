#pragma once

#include <array>
#include <cstdint>

#include "apps/sample_fleets/generator/documents.hpp"

namespace twinfleet::sample_fleets {

/// Kinds of documents that go wrong in production now and then, to show what the quarantine does with them. A run makes
/// all kinds in turn: its document number i is of kind i modulo bad_document_kinds.
enum class BadDocument : std::uint8_t {
    /// A park whose login is a number, with a rule, a car and a driver of its own. The park goes into quarantine with
    /// the reason bad_field:login, the others with parent_quarantined.
    park_login_is_number,
    /// A driver whose car and rule do not exist. He is mirrored without them, and two dangling references are counted.
    driver_references_nothing,
    /// A car whose park_id is a number. Where cars are created, it goes into quarantine with the reason
    /// bad_field:park_id; for its driver it is a car in no park.
    car_park_id_is_number,
    /// A driver whose _id is a number: bad_id.
    driver_id_is_number,
    /// A work rule whose park_id is a number: bad_field:park_id.
    rule_park_id_is_number,
    /// A driver whose car belongs to another park. He is mirrored without the car, and one dangling reference is
    /// counted.
    driver_car_of_other_park,
    /// A driver whose phones are one string instead of a list and whose license is a string instead of an object. The
    /// mirror needs neither field, so he is copied as he stands.
    driver_fields_of_other_types,
    /// A park whose _id is a number: bad_id.
    park_id_is_number,
};
inline constexpr std::uint32_t bad_document_kinds = 8;

/// Generates a park "Quarantine Examples" in Chicago with two rules, a car and a driver that are all in order, and
/// `count` bad documents in or beside that park. Generates nothing when `count` is 0. The origin of all of them is
/// origin::bad_documents. The same count gives the same documents.
void generate_bad_documents(std::uint32_t count, const Sink& sink);

}  // namespace twinfleet::sample_fleets

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bson/builder.hpp"

/// Documents as the rest of the platform writes them (contract, section 1), without `updated_ts`.
namespace twinfleet::end_to_end {

/// By entity, or `unique_drivers`.
using Documents = std::map<std::string, std::vector<bson::Document>>;

// Everything that the contract lists, and fields that it does not, of many BSON types. `changes` is Extended JSON:
// fields to add or to replace.

[[nodiscard]] bson::Document park(const std::string& id, const std::string& city_id, std::string_view changes = "{}");
[[nodiscard]] bson::Document work_rule(const std::string& id, const std::string& park_id,
                                       std::string_view changes = "{}");
[[nodiscard]] bson::Document car(const std::string& id, const std::string& park_id, std::string_view changes = "{}");
/// His licence's number is `license_of(id)`.
[[nodiscard]] bson::Document driver(const std::string& id, const std::string& park_id, const std::string& car_id,
                                    const std::string& rule_id, std::string_view changes = "{}");
/// The record of the licence of a parent driver, with his profile in it.
[[nodiscard]] bson::Document unique_driver(const std::string& driver_id, const std::string& park_id);
/// Normalized.
[[nodiscard]] std::string license_of(const std::string& driver_id);

/// `document` with the fields of `changes` added or replaced.
[[nodiscard]] bson::Document with(bson::View document, bson::View changes);
[[nodiscard]] bson::Document with(bson::View document, std::string_view changes);
[[nodiscard]] bson::Document without(bson::View document, std::string_view field);

/// `park` with two rules and so many drivers, each with a car of his own and a licence's record. Ids begin with the
/// park's: "park-1-rule-2", "park-1-car-3", "park-1-driver-3".
[[nodiscard]] Documents park_with_drivers(const bson::Document& park, std::size_t drivers);
void add(Documents& documents, const Documents& more);

}  // namespace twinfleet::end_to_end

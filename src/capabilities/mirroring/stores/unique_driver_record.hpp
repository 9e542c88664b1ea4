#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capabilities/mirroring/stores/unique_driver_store.hpp"
#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

/// What a record of `dbtaxi.unique_drivers` holds, and what it should hold: functions over BSON, without a store.
namespace twinfleet::mirroring {

using ProfilePointers = std::vector<const DriverProfile*>;

/// How a driver stands in the profiles of one record.
enum class ProfileStanding : std::uint8_t {
    absent,
    right,          ///< once, with park and family as they should be
    wrong_content,  ///< once, with another park or family
    repeated,       ///< more than once
};

/// A record as it was read: `_id`, `license`, `profiles` and `updated_ts`.
class UniqueDriverRecord {
public:
    explicit UniqueDriverRecord(bson::View document) : document_(document) {}

    [[nodiscard]] bson::Element id() const { return *document_.view().find("_id"); }
    /// Empty when it is not a string.
    [[nodiscard]] std::string_view license() const;
    /// The field `profiles`, whatever it is.
    [[nodiscard]] std::optional<bson::Element> profiles() const { return document_.view().find("profiles"); }
    /// The list of profiles; an empty one where there is none.
    [[nodiscard]] bson::View list() const;
    /// False when `profiles` is something else than a list. Null and a missing field become a list.
    [[nodiscard]] bool takes_profiles() const;
    [[nodiscard]] std::optional<bson::Element> updated_ts() const { return document_.view().find("updated_ts"); }
    [[nodiscard]] ProfileStanding standing_of(const domain::AppFamily& family, const DriverProfile& profile) const;

private:
    bson::Document document_;
};

/// The `driver_id` of a member of `profiles`; empty when it has none.
[[nodiscard]] std::string_view driver_of(const bson::Element& member);

/// Appends a profile. Whoever writes it writes the same fields in the same order: that makes two of them one member of
/// a set.
void append_profile(bson::Builder& builder, std::string_view key, const domain::AppFamily& family,
                    const DriverProfile& profile);

/// Appends the part of an update that stamps a record with the time of the server.
void append_stamp(bson::Builder& update);

/// The projection that reads what a UniqueDriverRecord is made of.
[[nodiscard]] bson::Document unique_driver_fields();

/// Appends `profiles` as they should be: those that `belong` stand once and right, those that `leave` not at all;
/// whatever else the record's list holds stays as it is.
void append_mended_list(bson::Builder& builder, const UniqueDriverRecord& record, const domain::AppFamily& family,
                        const ProfilePointers& belong, const ProfilePointers& leave);

/// Where the drivers of some profiles stand in the records that were read.
class ProfilePlaces {
public:
    /// Looks into the profiles and the records, which outlive this and stay where they are.
    ProfilePlaces(std::span<const DriverProfile* const> profiles, std::span<const UniqueDriverRecord> records);

    /// The record in which the driver belongs; nullptr when his licence has none, or he has no licence. Where several
    /// records have the licence, the one that holds him already.
    [[nodiscard]] const UniqueDriverRecord* home_of(const DriverProfile& profile) const;
    /// The other records that hold him.
    [[nodiscard]] std::vector<const UniqueDriverRecord*> others_with(const DriverProfile& profile) const;
    /// All of it in a word.
    [[nodiscard]] ProfilePlace place_of(const domain::AppFamily& family, const DriverProfile& profile) const;

private:
    using Records = std::vector<const UniqueDriverRecord*>;
    std::unordered_map<std::string_view, Records> by_license_;
    /// For the drivers of the profiles only.
    std::unordered_map<std::string_view, Records> by_driver_;
};

}  // namespace twinfleet::mirroring

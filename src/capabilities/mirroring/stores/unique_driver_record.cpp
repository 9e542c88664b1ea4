#include "capabilities/mirroring/stores/unique_driver_record.hpp"

#include <algorithm>
#include <string>

namespace twinfleet::mirroring {
namespace {

using bson::Builder;
using bson::Element;
using bson::Type;
using bson::View;

std::string_view text_field_of(View document, std::string_view field) {
    const auto element = document.find(field);
    return element && element->is_string() ? element->string() : std::string_view();
}

bool is_as_wanted(const Element& member, const domain::AppFamily& family, const DriverProfile& profile) {
    return text_field_of(member.document(), "park_id") == profile.park_id.value() &&
           text_field_of(member.document(), "app_family") == family.name;
}

ProfilePointers::const_iterator find_driver(const ProfilePointers& profiles, std::string_view driver) {
    return driver.empty() ? profiles.end() : std::ranges::find_if(profiles, [&](const DriverProfile* profile) {
        return profile->driver_id.value() == driver;
    });
}

}  // namespace

std::string_view UniqueDriverRecord::license() const {
    return text_field_of(document_.view(), "license");
}

View UniqueDriverRecord::list() const {
    const auto field = profiles();
    return field && field->type == Type::array ? field->document() : View();
}

bool UniqueDriverRecord::takes_profiles() const {
    const auto field = profiles();
    return !field || field->type == Type::array || field->type == Type::null;
}

ProfileStanding UniqueDriverRecord::standing_of(const domain::AppFamily& family, const DriverProfile& profile) const {
    ProfileStanding standing = ProfileStanding::absent;
    for (const Element& member : list()) {
        if (driver_of(member) != profile.driver_id.value()) {
            continue;
        }
        if (standing != ProfileStanding::absent) {
            return ProfileStanding::repeated;
        }
        standing = is_as_wanted(member, family, profile) ? ProfileStanding::right : ProfileStanding::wrong_content;
    }
    return standing;
}

std::string_view driver_of(const Element& member) {
    return member.type == Type::document ? text_field_of(member.document(), "driver_id") : std::string_view();
}

void append_profile(Builder& builder, std::string_view key, const domain::AppFamily& family,
                    const DriverProfile& profile) {
    builder.begin_document(key)
        .string("park_id", profile.park_id.value())
        .string("driver_id", profile.driver_id.value())
        .string("app_family", family.name)
        .end();
}

void append_stamp(Builder& update) {
    update.begin_document("$currentDate").boolean("modified_date", true);
    update.begin_document("updated_ts").string("$type", "timestamp").end();
    update.end();
}

bson::Document unique_driver_fields() {
    return Builder().int32("_id", 1).int32("license", 1).int32("profiles", 1).int32("updated_ts", 1).take();
}

void append_mended_list(Builder& builder, const UniqueDriverRecord& record, const domain::AppFamily& family,
                        const ProfilePointers& belong, const ProfilePointers& leave) {
    builder.begin_array("profiles");
    std::size_t count = 0;
    std::vector<bool> has_been_seen(belong.size());
    for (const Element& member : record.list()) {
        const std::string_view driver = driver_of(member);
        if (find_driver(leave, driver) != leave.end()) {
            continue;
        }
        const auto profile = find_driver(belong, driver);
        if (profile == belong.end()) {
            builder.copy_as(std::to_string(count++), member);
            continue;
        }
        const auto place = static_cast<std::size_t>(profile - belong.begin());
        if (has_been_seen[place]) {
            continue;
        }
        has_been_seen[place] = true;
        builder.begin_document(std::to_string(count++))
            .string("park_id", (*profile)->park_id.value())
            .string("driver_id", (*profile)->driver_id.value())
            .string("app_family", family.name);
        for (const Element& field : member.document()) {
            if (field.key != "park_id" && field.key != "driver_id" && field.key != "app_family") {
                builder.copy(field);
            }
        }
        builder.end();
    }
    for (std::size_t i = 0; i < belong.size(); ++i) {
        if (!has_been_seen[i]) {
            append_profile(builder, std::to_string(count++), family, *belong[i]);
        }
    }
    builder.end();
}

ProfilePlaces::ProfilePlaces(std::span<const DriverProfile* const> profiles,
                             std::span<const UniqueDriverRecord> records) {
    by_driver_.reserve(profiles.size());
    for (const DriverProfile* profile : profiles) {
        by_driver_[profile->driver_id.value()];
    }
    for (const UniqueDriverRecord& record : records) {
        if (!record.license().empty()) {
            by_license_[record.license()].push_back(&record);
        }
        for (const Element& member : record.list()) {
            const auto driver = by_driver_.find(driver_of(member));
            if (driver != by_driver_.end() && (driver->second.empty() || driver->second.back() != &record)) {
                driver->second.push_back(&record);
            }
        }
    }
}

const UniqueDriverRecord* ProfilePlaces::home_of(const DriverProfile& profile) const {
    const auto alike = profile.license.empty() ? by_license_.end() : by_license_.find(profile.license);
    if (alike == by_license_.end()) {
        return nullptr;
    }
    const Records& holders = by_driver_.find(profile.driver_id.value())->second;
    const auto holder = std::ranges::find_if(
        holders, [&](const UniqueDriverRecord* record) { return record->license() == profile.license; });
    return holder != holders.end() ? *holder : alike->second.front();
}

std::vector<const UniqueDriverRecord*> ProfilePlaces::others_with(const DriverProfile& profile) const {
    Records others = by_driver_.find(profile.driver_id.value())->second;
    std::erase(others, home_of(profile));
    return others;
}

ProfilePlace ProfilePlaces::place_of(const domain::AppFamily& family, const DriverProfile& profile) const {
    const UniqueDriverRecord* home = home_of(profile);
    const bool is_elsewhere = !others_with(profile).empty();
    const ProfileStanding standing = home == nullptr ? ProfileStanding::absent : home->standing_of(family, profile);
    if (standing == ProfileStanding::absent) {
        return is_elsewhere              ? ProfilePlace::in_wrong_record
               : profile.license.empty() ? ProfilePlace::right
                                         : ProfilePlace::missing;
    }
    if (is_elsewhere || standing == ProfileStanding::repeated) {
        return ProfilePlace::twice;
    }
    return standing == ProfileStanding::right ? ProfilePlace::right : ProfilePlace::wrong_content;
}

}  // namespace twinfleet::mirroring

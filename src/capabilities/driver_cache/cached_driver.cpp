#include "capabilities/driver_cache/cached_driver.hpp"

#include <algorithm>
#include <utility>

#include "capabilities/driver_cache/fields.hpp"
#include "domain/license.hpp"
#include "platform/bson/change_position.hpp"

namespace twinfleet::driver_cache {
namespace {

constexpr std::array<std::string_view, 12> driver_field_names{
    "_id",         "park_id", "first_name", "last_name",        "phones",       "license",
    "work_status", "car_id",  "rule_id",    "parent_driver_id", "created_date", "updated_ts"};

std::vector<std::string> read_phones(const Field& field) {
    if (!field || field->type == bson::Type::null) {
        return {};
    }
    if (field->type != bson::Type::array) {
        throw BadField("bad_field:phones");
    }
    std::vector<std::string> phones;
    for (const bson::Element& phone : field->document()) {
        if (!phone.is_string()) {
            throw BadField("bad_field:phones");
        }
        if (!phone.string().empty()) {
            phones.emplace_back(phone.string());
        }
    }
    return phones;
}

/// nullopt when they cannot be read.
std::optional<std::vector<std::string>> readable_phones(const Field& field) {
    try {
        return read_phones(field);
    } catch (const BadField&) {
        return std::nullopt;
    }
}

std::string read_license(const Field& field) {
    if (!field || field->type == bson::Type::null) {
        return {};
    }
    if (field->type != bson::Type::document) {
        throw BadField("bad_field:license");
    }
    return domain::normalize_license(text_or_none(field->document().find("number"), "bad_field:license"));
}

std::int64_t created_at_ms(const Fields& fields) {
    if (const auto& created = fields["created_date"]; created && created->type == bson::Type::date) {
        return created->date_ms();
    }
    return bson::ChangeTime::of(fields["updated_ts"]).milliseconds().value_or(0);
}

WorkStatus work_status_of(std::string_view name) {
    if (name == "working") {
        return WorkStatus::working;
    }
    if (name == "not_working") {
        return WorkStatus::not_working;
    }
    return name == "fired" ? WorkStatus::fired : WorkStatus::other;
}

}  // namespace

std::span<const std::string_view> CachedDriver::fields() noexcept {
    return driver_field_names;
}

incremental_cache::Parsed<Driver> CachedDriver::parse(bson::View document) {
    return parsed<Driver>([&]() -> Driver {
        const Fields fields(document, driver_field_names);
        return {.id = needed_text(fields["_id"], "bad_id"),
                .park_id = needed_text(fields["park_id"], "bad_field:park_id"),
                .first_name = text_if_any(fields["first_name"]),
                .last_name = text_if_any(fields["last_name"]),
                .phones = read_phones(fields["phones"]),
                .license = read_license(fields["license"]),
                .work_status = work_status_of(text_if_any(fields["work_status"])),
                .car_id = text_or_none(fields["car_id"], "bad_field:car_id"),
                .rule_id = text_or_none(fields["rule_id"], "bad_field:rule_id"),
                .parent_driver_id = text_or_none(fields["parent_driver_id"], "bad_field:parent_driver_id"),
                .created_at_ms = created_at_ms(fields)};
    });
}

std::optional<Driver> CachedDriver::reduced(bson::View document, const Driver* known) {
    const Fields fields(document, driver_field_names);
    const std::string park_id = text_if_any(fields["park_id"]);
    const WorkStatus said = work_status_of(text_if_any(fields["work_status"]));
    if (known == nullptr) {
        std::string id = text_if_any(fields["_id"]);
        if (said == WorkStatus::working || id.empty()) {
            return std::nullopt;
        }
        return Driver{.id = std::move(id),
                      .park_id = park_id,
                      .work_status = said,
                      .parent_driver_id = text_if_any(fields["parent_driver_id"])};
    }
    Driver left = *known;
    if (said != WorkStatus::working) {
        left.work_status = said;
    } else if (left.work_status == WorkStatus::working && park_id != left.park_id) {
        // He is out of the one, and nothing lets him into the other yet.
        left.work_status = WorkStatus::other;
    }
    if (const auto phones = readable_phones(fields["phones"])) {
        std::erase_if(left.phones, [&](const std::string& phone) {
            return std::find(phones->begin(), phones->end(), phone) == phones->end();
        });
    }
    const bool is_less = left.work_status != known->work_status || left.phones.size() != known->phones.size();
    return is_less ? std::optional(std::move(left)) : std::nullopt;
}

void CachedDriver::write(const Driver& driver, incremental_cache::RecordWriter& writer) {
    writer.text(driver.id);
    writer.text(driver.park_id);
    writer.text(driver.first_name);
    writer.text(driver.last_name);
    writer.number(driver.phones.size());
    for (const auto& phone : driver.phones) {
        writer.text(phone);
    }
    writer.text(driver.license);
    writer.number(static_cast<std::uint64_t>(driver.work_status));
    writer.text(driver.car_id);
    writer.text(driver.rule_id);
    writer.text(driver.parent_driver_id);
    writer.signed_number(driver.created_at_ms);
}

Driver CachedDriver::read(incremental_cache::RecordReader& reader) {
    Driver driver;
    driver.id = reader.text();
    driver.park_id = reader.text();
    driver.first_name = reader.text();
    driver.last_name = reader.text();
    for (std::uint64_t count = reader.number(); count > 0; --count) {
        driver.phones.push_back(reader.text());
    }
    driver.license = reader.text();
    const std::uint64_t status = reader.number();
    if (status > static_cast<std::uint64_t>(WorkStatus::other)) {
        throw incremental_cache::MalformedRecord();
    }
    driver.work_status = static_cast<WorkStatus>(status);
    driver.car_id = reader.text();
    driver.rule_id = reader.text();
    driver.parent_driver_id = reader.text();
    driver.created_at_ms = reader.signed_number();
    return driver;
}

}  // namespace twinfleet::driver_cache

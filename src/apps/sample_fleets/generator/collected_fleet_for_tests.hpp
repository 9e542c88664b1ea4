#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sample_fleets/generator/documents.hpp"

namespace twinfleet::sample_fleets {

/// Everything that a generator handed over, for tests.
struct CollectedFleet {
    using Documents = std::map<std::string, bson::Document>;

    /// By `_id` as Extended JSON (it need not be a string).
    std::array<Documents, collections.size()> documents;
    /// In the order of arrival.
    std::vector<Collection> order;
    /// `_id`s that came twice.
    std::vector<std::string> repeated;
    std::size_t size_bytes = 0;
    /// FNV-1a over all bytes in order of arrival.
    std::uint64_t digest = 0xcbf29ce484222325ULL;

    [[nodiscard]] Sink sink() {
        return [this](Collection collection, bson::View document) {
            auto id = bson::to_extended_json(document.find("_id").value());
            order.push_back(collection);
            size_bytes += document.size_bytes();
            for (const auto byte : document.bytes()) {
                digest = (digest ^ byte) * 0x100000001b3ULL;
            }
            if (!of(collection).emplace(id, bson::Document(document)).second) {
                repeated.push_back(std::move(id));
            }
        };
    }

    [[nodiscard]] Documents& of(Collection collection) { return documents.at(static_cast<std::size_t>(collection)); }
    [[nodiscard]] const Documents& of(Collection collection) const {
        return documents.at(static_cast<std::size_t>(collection));
    }
    /// The document of a string `_id`; nullptr when there is none.
    [[nodiscard]] const bson::Document* find(Collection collection, std::string_view id) const {
        const auto found = of(collection).find('"' + std::string(id) + '"');
        return found == of(collection).end() ? nullptr : &found->second;
    }
};

/// "" where the field is absent or not a string.
[[nodiscard]] inline std::string text_of(bson::View document, std::string_view key) {
    const auto element = document.find(key);
    return element && element->is_string() ? std::string(element->string()) : std::string();
}

/// The first element of an array of strings.
[[nodiscard]] inline std::string first_text_of(bson::View document, std::string_view key) {
    const auto element = document.find(key);
    return element && element->type == bson::Type::array ? text_of(element->document(), "0") : std::string();
}

[[nodiscard]] inline std::string license_of(bson::View driver) {
    const auto element = driver.find("license");
    return element && element->type == bson::Type::document ? text_of(element->document(), "number") : std::string();
}

/// Every park_id, car_id and rule_id names a document of the fleet, those of a driver in his own park; returns what
/// does not.
[[nodiscard]] inline std::vector<std::string> open_references(const CollectedFleet& fleet) {
    std::vector<std::string> open;
    for (const auto collection : {Collection::work_rules, Collection::cars, Collection::drivers}) {
        for (const auto& [id, document] : fleet.of(collection)) {
            if (fleet.find(Collection::parks, text_of(document, "park_id")) == nullptr) {
                open.push_back("park of " + id);
            }
        }
    }
    for (const auto& [id, driver] : fleet.of(Collection::drivers)) {
        const auto car = driver.view().find("car_id");
        if (car && car->type != bson::Type::null) {
            const auto* target = fleet.find(Collection::cars, text_of(driver, "car_id"));
            if (target == nullptr || text_of(*target, "park_id") != text_of(driver, "park_id")) {
                open.push_back("car of " + id);
            }
        }
        const auto* rule = fleet.find(Collection::work_rules, text_of(driver, "rule_id"));
        if (rule == nullptr || text_of(*rule, "park_id") != text_of(driver, "park_id")) {
            open.push_back("rule of " + id);
        }
    }
    return open;
}

}  // namespace twinfleet::sample_fleets

#include "tests/end_to_end/fleet.hpp"

#include <functional>

#include "domain/license.hpp"

namespace twinfleet::end_to_end {
namespace {

// What no list of fields knows has to survive bit for bit.
constexpr std::string_view unlisted_fields = R"({
    "created_date": {"$date": {"$numberLong": "1700000000000"}},
    "modified_date": {"$date": {"$numberLong": "1700000001000"}},
    "comment": "Любой текст",
    "serial": {"$numberLong": "9007199254740993"},
    "share": 0.1,
    "price": {"$numberDecimal": "12.340"},
    "pattern": {"$regularExpression": {"pattern": "^a", "options": "i"}},
    "object": {"$oid": "507f1f77bcf86cd799439011"},
    "bytes": {"$binary": {"base64": "AAEC", "subType": "00"}},
    "nothing": null,
    "nested": {"list": [1, "two", {"three": [3]}, []], "empty": {}}
})";

bson::Document document(std::string_view listed, std::string_view changes) {
    return with(with(bson::from_json(listed), unlisted_fields), changes);
}

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

/// Digits that differ from id to id.
std::string digits_of(const std::string& id, std::size_t count) {
    std::string digits = std::to_string(std::hash<std::string>{}(id));
    digits.insert(0, count, '0');
    return digits.substr(digits.size() - count);
}

}  // namespace

bson::Document park(const std::string& id, const std::string& city_id, std::string_view changes) {
    return document(R"({"_id": )" + quoted(id) + R"(, "name": "Park )" + id + R"(", "login": )" +
                        quoted("login-" + id) + R"(, "city_id": )" + quoted(city_id) +
                        R"(, "country_id": "rus", "locale": "ru", "is_active": true,
                            "contacts": [{"kind": "office", "floor": 3}], "api_keys": [{"key": "secret"}],
                            "integrations": {"fuel": {"token": "secret"}}})",
                    changes);
}

bson::Document work_rule(const std::string& id, const std::string& park_id, std::string_view changes) {
    return document(R"({"_id": )" + quoted(id) + R"(, "park_id": )" + quoted(park_id) + R"(, "name": "Rule )" + id +
                        R"(", "is_enabled": true, "is_default": false, "commission": 12.5})",
                    changes);
}

bson::Document car(const std::string& id, const std::string& park_id, std::string_view changes) {
    return document(R"({"_id": )" + quoted(id) + R"(, "park_id": )" + quoted(park_id) + R"(, "number": "A)" +
                        digits_of(id, 6) + R"(", "callsign": "7", "brand": "Lada", "model": "Vesta", "year": 2019,
                            "color": "white", "vin": null, "status": "working", "categories": ["econom"],
                            "amenities": ["wifi", "child_seat"]})",
                    changes);
}

bson::Document driver(const std::string& id, const std::string& park_id, const std::string& car_id,
                      const std::string& rule_id, std::string_view changes) {
    return document(R"({"_id": )" + quoted(id) + R"(, "park_id": )" + quoted(park_id) +
                        R"(, "first_name": "Иван", "last_name": "Driver )" + id + R"(", "phones": ["+7912)" +
                        digits_of(id, 7) + R"("], "license": {"number": )" + quoted(license_of(id)) +
                        R"(, "country": "rus", "expiration_date": {"$date": {"$numberLong": "1900000000000"}}},
                            "work_status": "working", "car_id": )" +
                        quoted(car_id) + R"(, "rule_id": )" + quoted(rule_id) +
                        R"(, "balance": 125.5, "balance_limit": -50, "device_tokens": ["secret"],
                            "password_hash": "secret"})",
                    changes);
}

bson::Document unique_driver(const std::string& driver_id, const std::string& park_id) {
    return bson::from_json(R"({"_id": )" + quoted("unique-" + driver_id) + R"(, "license": )" +
                           quoted(license_of(driver_id)) + R"(, "profiles": [{"park_id": )" + quoted(park_id) +
                           R"(, "driver_id": )" + quoted(driver_id) +
                           R"(, "app_family": "taximeter"}], "score": 0.9})");
}

std::string license_of(const std::string& driver_id) {
    return domain::normalize_license("99" + driver_id);
}

bson::Document with(bson::View document, bson::View changes) {
    bson::Builder builder;
    for (const bson::Element& element : document) {
        const auto change = changes.find(element.key);
        builder.copy(change ? *change : element);
    }
    for (const bson::Element& element : changes) {
        if (!document.find(element.key)) {
            builder.copy(element);
        }
    }
    return builder.take();
}

bson::Document with(bson::View document, std::string_view changes) {
    return with(document, bson::from_json(changes).view());
}

bson::Document without(bson::View document, std::string_view field) {
    bson::Builder builder;
    for (const bson::Element& element : document) {
        if (element.key != field) {
            builder.copy(element);
        }
    }
    return builder.take();
}

Documents park_with_drivers(const bson::Document& park, std::size_t drivers) {
    const std::string park_id(park.view().find("_id")->string());
    Documents documents;
    documents["parks"].push_back(park);
    for (const char* number : {"1", "2"}) {
        documents["work_rules"].push_back(work_rule(park_id + "-rule-" + number, park_id));
    }
    for (std::size_t index = 1; index <= drivers; ++index) {
        const std::string number = std::to_string(index);
        const std::string driver_id = park_id + "-driver-" + number;
        const std::string car_id = park_id + "-car-" + number;
        documents["cars"].push_back(car(car_id, park_id));
        documents["drivers"].push_back(
            driver(driver_id, park_id, car_id, park_id + "-rule-" + (index % 2 == 0 ? "2" : "1")));
        documents["unique_drivers"].push_back(unique_driver(driver_id, park_id));
    }
    return documents;
}

void add(Documents& documents, const Documents& more) {
    for (const auto& [entity, list] : more) {
        documents[entity].insert(documents[entity].end(), list.begin(), list.end());
    }
}

}  // namespace twinfleet::end_to_end

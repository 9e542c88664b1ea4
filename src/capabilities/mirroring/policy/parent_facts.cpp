#include "capabilities/mirroring/policy/parent_facts.hpp"

#include <bson/bson.h>

#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/policy/parent_id.hpp"
#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t suspect_bytes_max = 64;

bool says_switched_off(const Retirement& retirement, const bson::Element& element) noexcept {
    if (retirement.value.empty()) {
        return element.type == bson::Type::boolean && !element.boolean();
    }
    return element.is_string() && element.string() == retirement.value;
}

void add_reference(ParentFacts& facts, const FieldPolicy& policy, const bson::Element& reference) {
    if (reference.is_string() && is_usable_id(reference.string())) {
        facts.references.push_back({&policy, reference.string()});
    }
}

bool takes_a_right_away(const Retirement& retirement, const bson::Element& element) noexcept {
    if (retirement.on.empty()) {
        return element.type == bson::Type::boolean && !element.boolean();
    }
    return element.is_string() && element.string() != retirement.on;
}

}  // namespace

std::optional<Time> to_time(const bson::ChangeTime& version) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    // PostgreSQL's range is narrower than a BSON date's; a date beyond it is as good as none.
    constexpr std::int64_t date_ms_max = 9'000'000'000'000'000 / 1000;
    if (version.kind == bson::ChangeTime::Kind::timestamp) {
        return Time(seconds(bson::unpacked(version.value).seconds));
    }
    if (version.kind == bson::ChangeTime::Kind::date && version.value > -date_ms_max / 1000 &&
        version.value < date_ms_max) {
        return Time(milliseconds(version.value));
    }
    return std::nullopt;
}

ParentFacts Projector::inspect(bson::View document) const {
    ParentFacts facts;
    facts.document = document;
    bool has_id = false;
    bool has_park = entity_->is_park();
    bool park_is_bad = false;
    bool has_login = false;
    const bool is_park = entity_->is_park();
    for (const bson::Element& element : document) {
        const std::string_view key = element.key;
        if (key == "_id") {
            has_id = true;
            if (element.is_string() && is_usable_id(element.string())) {
                facts.id = element.string();
            } else {
                facts.id = text_of_unusable_id(element);
                facts.problem = reason::bad_id;
            }
            if (is_park && facts.problem.empty()) {
                facts.park_id = facts.id;
            }
            continue;
        }
        if (key == "updated_ts") {
            facts.version = bson::ChangeTime::of(element);
            continue;
        }
        if (!is_park && key == entity_->park_field) {
            has_park = true;
            if (element.is_string() && is_usable_id(element.string())) {
                facts.park_id = element.string();
            } else {
                park_is_bad = true;
            }
            continue;
        }
        if (key == entity_->retirement.field) {
            facts.is_switched_off = says_switched_off(entity_->retirement, element);
            facts.off_switch = takes_a_right_away(entity_->retirement, element) ? std::optional(element) : std::nullopt;
        }
        if (is_park) {
            if (key == "fleet_type") {
                facts.is_child = !bson::says_nothing(element);
            } else if (key == "login" && element.is_string()) {
                has_login = bson_utf8_validate(element.string().data(), element.string().size(), false);
                facts.login = element.string();
            } else if (key == "city_id" && element.is_string()) {
                facts.city_id = element.string();
            } else if (key == "country_id" && element.is_string()) {
                facts.country_id = element.string();
            }
            continue;
        }
        if (key == "license" && element.type == bson::Type::document) {
            if (const auto number = element.document().find("number"); number && number->is_string()) {
                facts.license_number = number->string();
            }
            continue;
        }
        const bool is_list = element.type == bson::Type::array;
        const FieldPolicy* policy = element.is_string() || is_list ? policy_of(key) : nullptr;
        if (policy == nullptr) {
            continue;
        }
        if (is_list) {
            if (policy->treatment == Treatment::remap_each) {
                for (const bson::Element& each : element.document()) {
                    add_reference(facts, *policy, each);
                }
            }
            continue;
        }
        if (policy->treatment == Treatment::remap) {
            add_reference(facts, *policy, element);
        }
        facts.names_a_parent = facts.names_a_parent || policy->derivation == Derivation::parent_id;
    }
    if (!has_id) {
        facts.id = "null";
        facts.problem = reason::bad_id;
    }
    if (facts.problem.empty() && (park_is_bad || !has_park)) {
        facts.problem = reason::bad_field(entity_->park_field);
    }
    if (facts.problem.empty() && is_park && !has_login) {
        facts.problem = reason::bad_field("login");
    }
    return facts;
}

void Projector::collect_suspects(bson::View document, std::vector<Suspect>& suspects) const {
    const auto consider = [&](std::string_view field, const bson::Element& element) {
        if (element.is_string()) {
            const std::string_view text = element.string();
            if (!text.empty() && text.size() <= suspect_bytes_max && text.find(' ') == std::string_view::npos &&
                is_usable_id(text)) {
                suspects.push_back({field, text});
            }
        }
    };
    for (const bson::Element& element : document) {
        if (element.key == "_id" || element.key == "updated_ts" || is_left_out_of_children(element.key) ||
            policy_of(element.key) != nullptr) {
            continue;
        }
        consider(element.key, element);
        if (element.type == bson::Type::array || element.type == bson::Type::document) {
            for (const bson::Element& inner : element.document()) {
                consider(element.key, inner);
            }
        }
    }
}

}  // namespace twinfleet::mirroring

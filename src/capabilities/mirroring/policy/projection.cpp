#include "capabilities/mirroring/policy/projection.hpp"

#include <algorithm>
#include <cstring>

#include <bson/bson.h>
#include <sodium.h>
#include <xxhash.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "domain/grant.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t id_bytes_max = 1024;
constexpr std::size_t suspect_bytes_max = 64;

std::uint32_t hash_text(std::string_view text) noexcept {
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return hash;
}

/// Field names share prefixes and suffixes more often than all of length, first, middle and last letter.
std::uint32_t hash_field(std::string_view field) noexcept {
    if (field.empty()) {
        return 0;
    }
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(field[i])); };
    return static_cast<std::uint32_t>(field.size()) * 131U + at(0) * 31U + at(field.size() / 2) * 7U +
           at(field.size() - 1);
}

bool is_null(const bson::Element& element) noexcept {
    return element.type == bson::Type::null || element.type == bson::Type::undefined;
}

bool says_switched_off(const Retirement& retirement, const bson::Element& element) noexcept {
    if (retirement.value.empty()) {
        return element.type == bson::Type::boolean && !element.boolean();
    }
    return element.is_string() && element.string() == retirement.value;
}

constexpr std::string_view stand_in = R"({"$hash":")";

/// An `_id` that is no usable string, as text.
std::string text_of_id(const bson::Element& id) {
    std::string text = bson::to_extended_json(id);
    const bool says_nothing = text == bson::unwritable_json ||
                              (id.is_string() && !bson_utf8_validate(id.string().data(), id.string().size(), true));
    if (!says_nothing) {
        return text;
    }
    SourceHash hash{};
    crypto_generichash(hash.data(), hash.size(), id.value.data(), id.value.size(), nullptr, 0);
    std::string hex(2 * hash.size() + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
    hex.pop_back();
    return std::string(stand_in) + hex + "\"}";
}

/// What is no list of grants grants nothing.
bson::Document read_only_grants(const bson::Element& element) {
    domain::GrantSet grants;
    if (element.type == bson::Type::array) {
        for (const bson::Element& each : element.document()) {
            if (const auto grant = each.is_string() ? domain::parse_grant(each.string()) : std::nullopt) {
                grants.add(*grant);
            }
        }
    }
    return bson::string_array(grants.read_only().names());
}

std::string child_value(const FieldPolicy& policy, const ParentFacts& parent, const ChildIdentity& child,
                        const domain::AppFamily& family) {
    switch (policy.derivation) {
        case Derivation::family_name:
            return family.name;
        case Derivation::parent_id:
            return parent.id;
        case Derivation::unique_login:
            return std::string(child.login);
        case Derivation::none:
            break;
    }
    return {};
}

}  // namespace

std::optional<Time> to_time(const SourceVersion& version) {
    using std::chrono::microseconds;
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    // PostgreSQL's range is narrower than a BSON date's; a date beyond it is as good as none.
    constexpr std::int64_t date_ms_max = 9'000'000'000'000'000 / 1000;
    if (const auto* timestamp = std::get_if<bson::Timestamp>(&version)) {
        return Time(seconds(timestamp->seconds)) + microseconds(timestamp->increment);
    }
    if (const auto* date_ms = std::get_if<std::int64_t>(&version);
        date_ms != nullptr && *date_ms > -date_ms_max / 1000 && *date_ms < date_ms_max) {
        return Time(milliseconds(*date_ms));
    }
    return std::nullopt;
}

bool is_usable_id(std::string_view text) noexcept {
    return text.size() <= id_bytes_max && bson_utf8_validate(text.data(), text.size(), false);
}

bool is_stand_in_for_id(std::string_view text) noexcept {
    return text.starts_with(stand_in);
}

std::string derived_login(std::string_view parent_login, const domain::AppFamily& family) {
    return std::string(parent_login) + "-" + family.name;
}

std::string fallback_login(std::string_view parent_login, const domain::AppFamily& family, std::string_view child_id) {
    return derived_login(parent_login, family) + "-" + std::string(child_id.substr(0, 6));
}

SourceHash hash_of(bson::View content) {
    const auto bytes = content.bytes();
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    SourceHash hash{};
    static_assert(sizeof canonical.digest == sizeof hash);
    std::memcpy(hash.data(), canonical.digest, sizeof hash);
    return hash;
}

bool has_awkward_names(bson::View document) {
    for (const bson::Element& element : document) {
        if (element.key.empty()) {
            return true;
        }
    }
    const auto bytes = document.bytes();
    const bool may_be_at_depth = std::memchr(bytes.data(), '.', bytes.size()) != nullptr ||
                                 std::memchr(bytes.data(), '$', bytes.size()) != nullptr;
    std::vector<bson::View> open;
    if (may_be_at_depth) {
        open.push_back(document);
    }
    while (!open.empty()) {
        const bson::View current = open.back();
        open.pop_back();
        for (const bson::Element& element : current) {
            if (element.key.find('.') != std::string_view::npos || element.key.starts_with('$')) {
                return true;
            }
            if (element.type == bson::Type::document || element.type == bson::Type::array) {
                open.push_back(element.document());
            }
        }
    }
    return false;
}

void ReferenceTable::Group::rehash(std::size_t slot_count) {
    slots.assign(slot_count, 0);
    for (std::uint32_t i = 0; i < links.size(); ++i) {
        std::size_t slot = hash_text(links[i].parent_id.value()) & (slot_count - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots[slot] = i + 1;
    }
}

ReferenceTable::Group& ReferenceTable::group(const Entity& target) {
    for (Group& group : groups_) {
        if (group.target == &target) {
            return group;
        }
    }
    return groups_.emplace_back(Group{&target, {}, std::vector<std::uint32_t>(64, 0)});
}

void ReferenceTable::add(const Entity& target, Link link) {
    Group& group = this->group(target);
    std::size_t mask = group.slots.size() - 1;
    std::size_t slot = hash_text(link.parent_id.value()) & mask;
    while (group.slots[slot] != 0) {
        Link& known = group.links[group.slots[slot] - 1];
        if (known.parent_id == link.parent_id) {
            known = std::move(link);
            return;
        }
        slot = (slot + 1) & mask;
    }
    group.links.push_back(std::move(link));
    group.slots[slot] = static_cast<std::uint32_t>(group.links.size());
    if (group.links.size() * 2 > group.slots.size()) {
        group.rehash(group.slots.size() * 2);
    }
}

const Link* ReferenceTable::find(const Entity& target, std::string_view parent_id,
                                 std::string_view parent_park_id) const {
    for (const Group& group : groups_) {
        if (group.target != &target) {
            continue;
        }
        const std::size_t mask = group.slots.size() - 1;
        std::size_t slot = hash_text(parent_id) & mask;
        while (group.slots[slot] != 0) {
            const Link& link = group.links[group.slots[slot] - 1];
            if (link.parent_id.value() == parent_id) {
                const bool usable = link.state == LinkState::linked && link.parent_park_id.value() == parent_park_id;
                return usable ? &link : nullptr;
            }
            slot = (slot + 1) & mask;
        }
        return nullptr;
    }
    return nullptr;
}

void ReferenceTable::clear() {
    groups_.clear();
}

Projector::Projector(const Entity& entity, const domain::AppFamily& family) : entity_(&entity), family_(&family) {
    std::size_t slot_count = 16;
    while (slot_count < entity.fields.size() * 4) {
        slot_count *= 2;
    }
    slots_.assign(slot_count, nullptr);
    for (const FieldPolicy& policy : entity.fields) {
        std::size_t slot = hash_field(policy.field) & (slot_count - 1);
        while (slots_[slot] != nullptr) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots_[slot] = &policy;
        if (policy.treatment == Treatment::derive || policy.treatment == Treatment::constant) {
            derived_.push_back(&policy);
        } else if (policy.treatment == Treatment::child_owned) {
            child_owned_.push_back(&policy);
        }
    }
}

const FieldPolicy* Projector::policy_of(std::string_view field) const noexcept {
    std::size_t slot = hash_field(field) & (slots_.size() - 1);
    while (slots_[slot] != nullptr) {
        if (slots_[slot]->field == field) {
            return slots_[slot];
        }
        slot = (slot + 1) & (slots_.size() - 1);
    }
    return nullptr;
}

bool Projector::belongs_to_child(std::string_view field) const noexcept {
    if (field == "_id" || field == "updated_ts") {
        return true;
    }
    const FieldPolicy* policy = policy_of(field);
    return policy != nullptr && policy->treatment == Treatment::child_owned;
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
                facts.id = text_of_id(element);
                facts.problem = reason::bad_id;
            }
            if (is_park && facts.problem.empty()) {
                facts.park_id = facts.id;
            }
            continue;
        }
        if (key == "updated_ts") {
            if (element.type == bson::Type::timestamp) {
                facts.version = element.timestamp();
            } else if (element.type == bson::Type::date) {
                facts.version = element.date_ms();
            }
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
        }
        if (is_park) {
            if (key == "fleet_type") {
                facts.is_child = !is_null(element);
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
        if (element.is_string()) {
            const FieldPolicy* policy = policy_of(key);
            if (policy == nullptr) {
                continue;
            }
            if (policy->treatment == Treatment::remap && is_usable_id(element.string())) {
                facts.references.push_back({policy, element.string()});
            }
            facts.names_a_parent = facts.names_a_parent || policy->derivation == Derivation::parent_id;
        }
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

Projection Projector::project(const ParentFacts& parent, const ChildIdentity& child,
                              const ReferenceTable& references) const {
    Projection projection;
    bson::Builder content;
    std::uint32_t derived_written = 0;
    // Fields that are copied stand mostly side by side: a run of them is copied in one go.
    bson::Bytes run;
    const auto copy_run = [&] {
        if (!run.empty()) {
            content.copy(run);
            run = {};
        }
    };
    const auto copy = [&](const bson::Element& element) {
        if (run.empty()) {
            run = element.whole;
        } else if (run.data() + run.size() == element.whole.data()) {
            run = bson::Bytes(run.data(), run.size() + element.whole.size());
        } else {
            copy_run();
            run = element.whole;
        }
    };
    const auto write_derived = [&](const FieldPolicy& policy) {
        if (policy.treatment == Treatment::constant) {
            content.boolean(policy.field, policy.constant);
            return;
        }
        content.string(policy.field, child_value(policy, parent, child, *family_));
    };
    for (const bson::Element& element : parent.document) {
        if (element.key == "_id" || element.key == "updated_ts") {
            continue;
        }
        const FieldPolicy* policy = policy_of(element.key);
        if (policy == nullptr || policy->treatment == Treatment::copy) {
            copy(element);
            continue;
        }
        copy_run();
        switch (policy->treatment) {
            case Treatment::remap:
                if (!element.is_string()) {
                    // Null stays null; what is no id is not needed, and copied as it stands (contract, section 1).
                    content.copy(element);
                } else if (policy->field == entity_->park_field) {
                    content.string(element.key, child.park_id);
                } else if (const Link* link =
                               references.find(mirroring::entity(policy->target), element.string(), parent.park_id)) {
                    content.string(element.key, link->child_id.value());
                } else {
                    ++projection.dangling_references;
                }
                break;
            case Treatment::read_only:
                content.array(element.key, read_only_grants(element));
                break;
            case Treatment::derive:
            case Treatment::constant:
                write_derived(*policy);
                for (std::size_t i = 0; i < derived_.size(); ++i) {
                    derived_written |= derived_[i] == policy ? 1U << i : 0U;
                }
                break;
            case Treatment::drop:
            case Treatment::child_owned:
            case Treatment::copy:
                break;
        }
    }
    copy_run();
    for (std::size_t i = 0; i < derived_.size(); ++i) {
        if ((derived_written & 1U << i) == 0) {
            write_derived(*derived_[i]);
        }
    }
    projection.content = content.take();
    projection.hash = hash_of(projection.content);
    return projection;
}

bson::Document Projector::new_child(const ChildIdentity& child, bson::View content, Time now) const {
    bson::Builder document;
    document.string("_id", child.id);
    const auto bytes = content.bytes();
    document.copy(bytes.subspan(4, bytes.size() - 5));
    for (const FieldPolicy* policy : child_owned_) {
        if (policy->first_value == FirstValue::zero) {
            document.int32(policy->field, 0);
        } else if (policy->first_value == FirstValue::now) {
            document.date(policy->field,
                          std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
        }
    }
    return document.take();
}

std::size_t Projector::stored_size_bytes(const ChildIdentity& child, bson::View content) const noexcept {
    constexpr std::size_t type_and_terminator = 2;
    constexpr std::size_t length_and_terminator = 5;
    const auto field_bytes = [](std::string_view name, std::size_t value_bytes) {
        return type_and_terminator + name.size() + value_bytes;
    };
    std::size_t size = content.size_bytes();
    size += field_bytes("_id", length_and_terminator + child.id.size());
    size += field_bytes("updated_ts", sizeof(std::uint64_t));
    for (const FieldPolicy* policy : child_owned_) {
        size += field_bytes(policy->field,
                            policy->first_value == FirstValue::zero ? sizeof(std::int32_t) : sizeof(std::int64_t));
    }
    return size;
}

bson::Document Projector::replaced_child(bson::View existing, bson::View content) const {
    bson::Builder document;
    if (const auto id = existing.find("_id")) {
        document.copy(*id);
    }
    const auto bytes = content.bytes();
    document.copy(bytes.subspan(4, bytes.size() - 5));
    for (const bson::Element& element : existing) {
        if (element.key != "_id" && element.key != "updated_ts" && belongs_to_child(element.key)) {
            document.copy(element);
        }
    }
    return document.take();
}

Difference Projector::difference(bson::View child, bson::View content) const {
    // Child and projection nearly always hold the same fields in the same order, so both are walked side by side and a
    // field is searched for only where they part.
    Difference difference;
    auto in_child = child.begin();
    const auto skip_own = [&] {
        while (in_child != std::default_sentinel && belongs_to_child(in_child->key)) {
            ++in_child;
        }
    };
    skip_own();
    bool same_order = true;
    for (const bson::Element& wanted : content) {
        if (same_order && in_child != std::default_sentinel && in_child->key == wanted.key) {
            if (!in_child->same_value(wanted)) {
                difference.fields.push_back({std::string(wanted.key), *in_child, wanted});
            }
            ++in_child;
            skip_own();
            continue;
        }
        same_order = false;
        const auto found = child.find(wanted.key);
        if (!found || !found->same_value(wanted)) {
            difference.fields.push_back({std::string(wanted.key), found, wanted});
        }
    }
    if (same_order && in_child == std::default_sentinel) {
        return difference;
    }
    for (const bson::Element& element : child) {
        if (!belongs_to_child(element.key) && !content.find(element.key)) {
            difference.fields.push_back({std::string(element.key), element, std::nullopt});
        }
    }
    return difference;
}

Difference Projector::retirement(bson::View child, bson::Document& storage) const {
    const Retirement& rule = entity_->retirement;
    bson::Builder builder;
    if (rule.value.empty()) {
        builder.boolean(rule.field, false);
    } else {
        builder.string(rule.field, rule.value);
    }
    storage = builder.take();
    Difference difference;
    const auto current = child.find(rule.field);
    const auto wanted = storage.view().find(rule.field);
    if (!current || !current->same_value(*wanted)) {
        difference.fields.push_back({std::string(rule.field), current, wanted});
    }
    return difference;
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
        if (element.key == "_id" || element.key == "updated_ts" || policy_of(element.key) != nullptr) {
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

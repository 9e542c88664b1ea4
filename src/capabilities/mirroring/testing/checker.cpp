#include "capabilities/mirroring/testing/checker.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <sstream>

#include "capabilities/mirroring/testing/text_field.hpp"
#include "domain/license.hpp"

namespace twinfleet::mirroring::testing {
namespace {

/// A reference that a document of one kind holds to one of another.
struct Reference {
    std::string field;
    std::string kind;
};

/// One row of the contract's table (section 1) in this file's own words.
struct Kind {
    std::string name;
    /// In the child: the parent's id. Empty: it does not say.
    std::string parent_field;
    std::vector<std::string> dropped;
    std::vector<Reference> references;
    /// Made for everything in a mirrored park, not only on demand.
    bool always_mirrored = false;
    std::string off_field;
    /// Empty: the boolean false.
    std::string off_value;
    /// Of a text: while it is on.
    std::string on_value{};
    /// Fields that hold this boolean in every child.
    std::vector<std::pair<std::string, bool>> fixed{};

    [[nodiscard]] bool is_park() const { return name == "parks"; }
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        {.name = "parks",
         .parent_field = "parent_park_id",
         .dropped = {"api_keys", "integrations"},
         .references = {},
         .always_mirrored = false,
         .off_field = "is_active",
         .off_value = ""},
        {.name = "work_rules",
         .parent_field = "parent_rule_id",
         .dropped = {},
         .references = {},
         .always_mirrored = true,
         .off_field = "is_enabled",
         .off_value = ""},
        {.name = "cars",
         .parent_field = "parent_car_id",
         .dropped = {},
         .references = {},
         .always_mirrored = false,
         .off_field = "status",
         .off_value = "not_working",
         .on_value = "working"},
        {.name = "drivers",
         .parent_field = "parent_driver_id",
         .dropped = {"device_tokens", "password_hash"},
         .references = {{"car_id", "cars"}, {"rule_id", "work_rules"}},
         .always_mirrored = false,
         .off_field = "work_status",
         .off_value = "fired",
         .on_value = "working"},
        {.name = "groups",
         .parent_field = "",
         .dropped = {},
         .references = {},
         .always_mirrored = true,
         .off_field = "is_enabled",
         .off_value = "",
         .fixed = {{"is_super", false}, {"read_only", true}}},
        {.name = "users",
         .parent_field = "",
         .dropped = {},
         .references = {{"group_id", "groups"}},
         .always_mirrored = true,
         .off_field = "is_enabled",
         .off_value = "",
         .fixed = {{"is_superuser", false}}},
    };
    return all;
}

std::string written_id(bson::View document) {
    const auto id = document.find("_id");
    if (!id) {
        return "none";
    }
    return id->is_string() && fits_postgres_text(id->string()) ? std::string(id->string())
                                                               : bson::to_extended_json(*id);
}

/// Some `_id`s have no text, not even in Extended JSON: the quarantine has a stand-in for them.
bool names(std::string_view entry, std::string_view written) {
    return entry == written || (written == bson::unwritable_json && entry.starts_with("{\"$hash\":"));
}

bool is_new_id(std::string_view id) {
    return id.size() == 32 && std::ranges::all_of(id, [](char character) {
               return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
           });
}

/// An app family's name stands there; a writer who fills every field may have written nothing at all.
bool has_fleet_type(bson::View document) {
    const auto held = document.find("fleet_type");
    if (!held) {
        return false;
    }
    switch (held->type) {
        case bson::Type::null:
        case bson::Type::undefined:
            return false;
        case bson::Type::utf8:
            return !held->string().empty();
        default:
            return true;
    }
}

/// Of fields with such a name at the top MongoDB takes none but those of a new document.
bool stays_with_the_parent(std::string_view field) {
    return !field.empty() && field.front() == '$';
}

bool has_update_time(bson::View document) {
    const auto updated = document.find("updated_ts");
    return updated && (updated->type == bson::Type::timestamp || updated->type == bson::Type::date);
}

bson::Element string_element(bson::Document& storage, std::string_view field, std::string_view value) {
    bson::Builder builder;
    builder.string(field, value);
    storage = builder.take();
    return *storage.view().find(field);
}

/// The grants of a list, those to edit as those to view; a list of anything else grants nothing.
std::set<std::string> grants_to_view(const bson::Element& list) {
    static const std::string edit = "_edit";
    std::set<std::string> grants;
    if (list.type == bson::Type::array) {
        for (const bson::Element& each : list.document()) {
            std::string grant = each.is_string() ? std::string(each.string()) : std::string();
            if (grant.ends_with(edit)) {
                grant.replace(grant.size() - edit.size(), edit.size(), "_view");
            }
            grants.insert(grant);
        }
    }
    return grants;
}

/// The grants of a list as they stand.
std::multiset<std::string> grants_in(const bson::Element& list) {
    std::multiset<std::string> grants;
    if (list.type == bson::Type::array) {
        for (const bson::Element& each : list.document()) {
            grants.insert(each.is_string() ? std::string(each.string()) : std::string());
        }
    }
    return grants;
}

/// What one field of a child may be.
struct Expected {
    std::vector<bson::Element> values;
    bool may_be_absent = false;
};

class Checker {
public:
    Checker(const Fleet& fleet, const Expectations& expectations) : fleet_(fleet), expectations_(expectations) {
        for (const Kind& kind : kinds()) {
            for (const bson::Document& document : documents(kind.name)) {
                by_id_[kind.name][id_key(*document.view().find("_id"))] = document.view();
            }
            for (const FakeWorld::StoredLink& stored : links(kind.name)) {
                if (kind.is_park()) {
                    child_parks_.insert(stored.link.child_id.value());
                }
                if (stored.family == expectations_.family) {
                    link_of_parent_[kind.name].emplace(stored.link.parent_id.value(), stored.link);
                    link_of_child_[kind.name].emplace(stored.link.child_id.value(), stored.link);
                }
            }
        }
        for (const QuarantineEntry& entry : fleet_.quarantine) {
            if (entry.family == expectations_.family) {
                quarantined_[entry.entity].emplace(entry.parent.parent_id, entry.parent.reason);
            }
        }
    }

    std::vector<Violation> run() {
        for (const Kind& kind : kinds()) {
            for (const bson::Document& document : documents(kind.name)) {
                if (is_parent(kind, document.view())) {
                    check_parent(kind, document.view());
                } else {
                    check_child_document(kind, document.view());
                }
            }
            check_links(kind);
            check_one_child_each(kind);
        }
        check_quarantine();
        check_unique_drivers();
        check_nobody_may_write();
        check_nobody_wrote_parents();
        return std::move(violations_);
    }

private:
    const std::vector<bson::Document>& documents(const std::string& kind) const {
        static const std::vector<bson::Document> none;
        const auto found = fleet_.documents.find(kind);
        return found == fleet_.documents.end() ? none : found->second;
    }
    const std::vector<FakeWorld::StoredLink>& links(const std::string& kind) const {
        static const std::vector<FakeWorld::StoredLink> none;
        const auto found = fleet_.links.find(kind);
        return found == fleet_.links.end() ? none : found->second;
    }
    std::optional<bson::View> find(const std::string& kind, std::string_view id) const {
        const auto all = by_id_.find(kind);
        if (all == by_id_.end()) {
            return std::nullopt;
        }
        const auto found = all->second.find(id_key(id));
        return found == all->second.end() ? std::nullopt : std::optional(found->second);
    }
    const Link* link_of_parent(const std::string& kind, const std::string& id) const {
        const auto all = link_of_parent_.find(kind);
        if (all == link_of_parent_.end() || !all->second.contains(id)) {
            return nullptr;
        }
        return &all->second.at(id);
    }
    std::optional<std::string> quarantine_reason(const std::string& kind, const std::string& written) const {
        const auto all = quarantined_.find(kind);
        if (all == quarantined_.end()) {
            return std::nullopt;
        }
        const auto found =
            std::ranges::find_if(all->second, [&](const auto& entry) { return names(entry.first, written); });
        return found == all->second.end() ? std::nullopt : std::optional(found->second);
    }
    void report(Fault fault, const Kind& kind, const std::string& parent_id, const std::string& child_id,
                std::string explanation) {
        violations_.push_back({fault, kind.name, parent_id, child_id, std::move(explanation)});
    }

    /// Children are what has a fleet type or lives in a park that has one (invariant 4), or had one until it was
    /// removed.
    bool is_parent(const Kind& kind, bson::View document) const {
        if (has_fleet_type(document)) {
            return false;
        }
        if (kind.is_park()) {
            return true;
        }
        const auto park_id = text_field(document, "park_id");
        const auto park = park_id ? find("parks", *park_id) : std::nullopt;
        return park ? !has_fleet_type(*park) : !park_id || !child_parks_.contains(*park_id);
    }

    static std::optional<std::string> park_of(const Kind& kind, bson::View document) {
        return text_field(document, kind.is_park() ? "_id" : "park_id");
    }

    // Which parents are good.

    /// Why this parent cannot be mirrored whatever becomes of others; nullopt when it can.
    std::optional<std::string> own_fault(const Kind& kind, bson::View parent) const {
        if (!text_field(parent, "_id") || !fits_postgres_text(*text_field(parent, "_id"))) {
            return "bad_id";
        }
        if (!kind.is_park() &&
            (!text_field(parent, "park_id") || !fits_postgres_text(*text_field(parent, "park_id")))) {
            return "bad_field:park_id";
        }
        if (kind.is_park() && !text_field(parent, "login")) {
            return "bad_field:login";
        }
        if (expected_size(kind, parent) > expectations_.document_bytes_max) {
            return "too_large";
        }
        if (expectations_.is_refused(parent)) {
            return "write_refused";
        }
        return std::nullopt;
    }

    /// Of the child, when it has everything that it may have.
    std::size_t expected_size(const Kind& kind, bson::View parent) const {
        const std::string some_id(32, '0');
        bson::Builder builder;
        builder.string("_id", some_id).date("created_date", 0).timestamp("updated_ts", {});
        if (!kind.parent_field.empty()) {
            builder.string(kind.parent_field, *text_field(parent, "_id"));
        }
        if (kind.is_park()) {
            builder.string("fleet_type", expectations_.family);
            builder.string("login", *text_field(parent, "login") + "-" + expectations_.family);
        } else {
            builder.string("park_id", some_id);
        }
        if (kind.name == "drivers") {
            builder.int32("balance", 0);
        }
        const bson::Document ours = builder.take();
        std::size_t size = ours.size_bytes();
        for (const bson::Element& element : parent) {
            if (!ours.view().find(element.key) && !stays_with_the_parent(element.key) &&
                std::ranges::find(kind.dropped, element.key) == kind.dropped.end()) {
                size += element.whole.size();
            }
        }
        return size;
    }

    enum class ParkState { mirrored, faulty, unlinked, gone };

    /// The park of parents.
    ParkState park_state(const std::string& park_id) const {
        const auto park = find("parks", park_id);
        if (!park || has_fleet_type(*park)) {
            return ParkState::gone;
        }
        const Kind& parks = kinds().front();
        const Link* link = link_of_parent("parks", park_id);
        if (own_fault(parks, *park)) {
            return ParkState::faulty;
        }
        return link != nullptr && link->state == LinkState::linked ? ParkState::mirrored : ParkState::unlinked;
    }

    // Parents.

    void check_parent(const Kind& kind, bson::View parent) {
        const std::string id = written_id(parent);
        const auto fault = own_fault(kind, parent);
        const auto park_id = park_of(kind, parent);
        const Link* link = text_field(parent, "_id") ? link_of_parent(kind.name, id) : nullptr;
        const bool is_linked = link != nullptr && link->state != LinkState::reserved;

        const bool park_due = kind.is_park() && (expectations_.is_enabled(parent) || is_linked);
        const bool rule_due = kind.always_mirrored && park_id && park_state(*park_id) == ParkState::mirrored;
        const bool on_demand_due = !kind.is_park() && !kind.always_mirrored && is_linked && park_id &&
                                   park_state(*park_id) == ParkState::mirrored;

        if (fault) {
            const bool wrong_park_field = *fault == "bad_field:park_id" && parent.find("park_id") &&
                                          parent.find("park_id")->type != bson::Type::null &&
                                          (kind.always_mirrored || is_linked);
            if ((park_due || rule_due || on_demand_due || wrong_park_field) && is_due_now(parent)) {
                expect_in_quarantine(kind, id, {*fault, "parent_quarantined"});
                if (*fault != "write_refused") {
                    check_lost_right(kind, parent, link);
                }
            }
            return;
        }
        const bool park_is_faulty = !kind.is_park() && park_state(*park_id) == ParkState::faulty;
        if (park_is_faulty) {
            const bool park_is_due =
                expectations_.is_enabled(*find("parks", *park_id)) || link_of_parent("parks", *park_id) != nullptr;
            if (expectations_.after_full_pass && park_is_due && (kind.always_mirrored || is_linked)) {
                expect_in_quarantine(kind, id, {"parent_quarantined"});
                check_lost_right(kind, parent, link);
            }
            return;
        }

        if (const auto account = account_in_the_way(kind, parent); account && rule_due) {
            // A child that others edited or removed may have had the login until then, and is in step for all that the
            // mirror knows.
            const bool is_believed = link != nullptr && !expectations_.after_verified_pass &&
                                     expectations_.edited_children.contains(link->child_id.value());
            if (is_due_now(parent) && !is_believed) {
                std::vector<std::string> reasons{"login_taken:" + *account};
                // A store that misses the user's group says so first.
                if (waits_for_another(kind, parent)) {
                    reasons.emplace_back("write_refused");
                }
                expect_in_quarantine(kind, id, reasons);
            }
            return;
        }
        if (park_due || rule_due || on_demand_due) {
            const bool has_moved = link != nullptr && link->parent_park_id.value() != park_id;
            if (is_due_now(parent) && !waits_for_another(kind, parent) &&
                !(has_moved && waits_for_full_pass(kind, parent))) {
                check_has_child(kind, parent, link);
            }
            return;
        }
        const bool park_is_unlinked = !kind.is_park() && park_state(*park_id) == ParkState::unlinked;
        if (park_is_unlinked && link != nullptr && expectations_.after_full_pass) {
            check_switched_off(kind, *link, "its parent moved into a park that is not mirrored");
        }
        if (link != nullptr && link->state == LinkState::reserved && !kind.is_park() && !kind.always_mirrored &&
            park_state(*park_id) == ParkState::mirrored && find(kind.name, link->child_id.value()) &&
            is_due_now(parent)) {
            check_content(kind, parent, *link);
        }
    }

    /// An incremental pass sees only what says when it changed.
    bool is_due_now(bson::View parent) const { return expectations_.after_full_pass || has_update_time(parent); }

    /// A linked car or driver that moved into a park before that park was linked has to wait for a full pass.
    bool waits_for_full_pass(const Kind& kind, bson::View parent) const {
        const Link* park =
            kind.is_park() || kind.always_mirrored ? nullptr : link_of_parent("parks", *text_field(parent, "park_id"));
        if (expectations_.after_full_pass || park == nullptr) {
            return false;
        }
        const auto updated = parent.find("updated_ts");
        const std::int64_t updated_ms =
            updated->type == bson::Type::date ? updated->date_ms() : std::int64_t{updated->timestamp().seconds} * 1'000;
        const std::int64_t linked_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(park->synced_at.time_since_epoch()).count();
        // The clocks of the two stores, and of shards, are some seconds apart.
        return updated_ms < linked_ms + 10'000;
    }

    void expect_in_quarantine(const Kind& kind, const std::string& id, const std::vector<std::string>& reasons) {
        const auto reason = quarantine_reason(kind.name, id);
        if (!reason) {
            report(Fault::quarantine, kind, id, "", "should be in quarantine for " + reasons.front());
        } else if (std::ranges::find(reasons, *reason) == reasons.end()) {
            report(Fault::quarantine, kind, id, "",
                   "is in quarantine for " + *reason + " instead of " + reasons.front());
        }
    }

    void check_has_child(const Kind& kind, bson::View parent, const Link* link) {
        const std::string id = written_id(parent);
        if (link == nullptr || link->state == LinkState::reserved) {
            report(Fault::missing_child, kind, id, "",
                   link == nullptr ? "has no link" : "has a link that is only reserved");
            return;
        }
        if (link->state == LinkState::retired) {
            report(Fault::missing_child, kind, id, link->child_id.value(), "is there, but its child is retired");
            return;
        }
        if (!find(kind.name, link->child_id.value())) {
            if (expectations_.after_verified_pass || !expectations_.edited_children.contains(link->child_id.value())) {
                report(Fault::broken_link, kind, id, link->child_id.value(), "the child does not exist");
            }
            return;
        }
        check_content(kind, parent, *link);
        if (kind.name == "drivers") {
            check_profile(kind, parent, *link);
        }
    }

    void check_switched_off(const Kind& kind, const Link& link, const std::string& why) {
        if (link.state == LinkState::linked) {
            report(Fault::not_retired, kind, link.parent_id.value(), link.child_id.value(),
                   why + ", the link is still linked");
        }
        const auto child = find(kind.name, link.child_id.value());
        if (!child) {
            return;
        }
        const auto off = child->find(kind.off_field);
        const bool is_off = off && (kind.off_value.empty() ? off->type == bson::Type::boolean && !off->boolean()
                                                           : off->is_string() && off->string() == kind.off_value);
        const bool edited = expectations_.edited_children.contains(link.child_id.value());
        if (!is_off && (!edited || expectations_.after_verified_pass)) {
            report(Fault::not_retired, kind, link.parent_id.value(), link.child_id.value(),
                   why + ", the child is not switched off");
        }
    }

    /// Whoever cannot be mirrored is off in the child, too, if he is.
    void check_lost_right(const Kind& kind, bson::View parent, const Link* link) {
        const auto said = parent.find(kind.off_field);
        const bool is_lost = said && (kind.on_value.empty() ? said->type == bson::Type::boolean && !said->boolean()
                                                            : said->is_string() && said->string() != kind.on_value);
        const auto child = link == nullptr || link->state != LinkState::linked
                               ? std::nullopt
                               : find(kind.name, link->child_id.value());
        if (!is_lost || !child ||
            (expectations_.edited_children.contains(link->child_id.value()) && !expectations_.after_verified_pass)) {
            return;
        }
        const auto held = child->find(kind.off_field);
        if (!held || !held->same_value(*said)) {
            report(Fault::not_retired, kind, link->parent_id.value(), link->child_id.value(),
                   "its parent is in quarantine and off, the child is not switched off");
        }
    }

    // Content.

    void check_content(const Kind& kind, bson::View parent, const Link& link) {
        const std::string parent_id = link.parent_id.value();
        const std::string child_id = link.child_id.value();
        const bson::View child = *find(kind.name, child_id);
        if (!is_new_id(child_id)) {
            report(Fault::content, kind, parent_id, child_id, "_id is not 32 hex digits");
        }
        if (expectations_.edited_children.contains(child_id) && !expectations_.after_verified_pass) {
            return;
        }

        // Strings that the expectations point to.
        std::vector<bson::Document> made(8);
        std::map<std::string, Expected> expected;
        for (const bson::Element& element : parent) {
            if (!stays_with_the_parent(element.key) &&
                std::ranges::find(kind.dropped, element.key) == kind.dropped.end()) {
                expected[std::string(element.key)] = {{element}, false};
            }
        }
        for (const char* field : {"_id", "updated_ts", "created_date"}) {
            expected.erase(field);
        }
        if (!kind.parent_field.empty()) {
            expected[kind.parent_field] = {{string_element(made[0], kind.parent_field, parent_id)}, false};
        }
        std::vector<bson::Document> fixed(kind.fixed.size());
        for (std::size_t i = 0; i < fixed.size(); ++i) {
            const auto& [field, value] = kind.fixed[i];
            bson::Builder builder;
            builder.boolean(field, value);
            fixed[i] = builder.take();
            expected[field] = {{*fixed[i].view().find(field)}, false};
        }
        if (kind.is_park()) {
            expected["fleet_type"] = {{string_element(made[1], "fleet_type", expectations_.family)}, false};
            expected.erase("login");
            check_login(kind, parent, link, child);
        } else {
            const Link* park = link_of_parent("parks", *text_field(parent, "park_id"));
            expected["park_id"] = {{string_element(made[1], "park_id", park->child_id.value())}, false};
        }
        std::size_t next_made = 2;
        for (const Reference& reference : kind.references) {
            expected.erase(reference.field);
            if (const auto held = parent.find(reference.field)) {
                expected[reference.field] = expected_reference(kind, parent, *held, reference, made[next_made++]);
            }
        }
        if (kind.name == "drivers") {
            expected.erase("balance");
            check_balance(kind, link, child);
        }
        if (kind.name == "groups") {
            expected.erase("grants");
            check_grants(kind, parent, link, child);
        }

        for (const auto& [field, rule] : expected) {
            const auto found = child.find(field);
            if (!found) {
                if (!rule.may_be_absent) {
                    report(field_fault(kind, field), kind, parent_id, child_id, field + " is missing");
                }
                continue;
            }
            const bool matches =
                std::ranges::any_of(rule.values, [&](const bson::Element& value) { return value.same_value(*found); });
            if (!matches) {
                std::string explanation = field + " is " + bson::to_extended_json(*found) + " instead of ";
                explanation += rule.values.empty() ? "absent" : bson::to_extended_json(rule.values.front());
                report(field_fault(kind, field), kind, parent_id, child_id, explanation);
            }
        }
        for (const bson::Element& element : child) {
            const std::string field(element.key);
            const bool ours = field == "_id" || field == "updated_ts" || field == "created_date" ||
                              (field == "login" && kind.is_park()) || (field == "balance" && kind.name == "drivers") ||
                              (field == "grants" && kind.name == "groups");
            if (!ours && !expected.contains(field)) {
                report(Fault::content, kind, parent_id, child_id, field + " should not be there");
            }
        }
        const auto created = child.find("created_date");
        if (!created || created->type != bson::Type::date) {
            report(Fault::content, kind, parent_id, child_id, "created_date is not a date");
        }
        const auto updated = child.find("updated_ts");
        if (!updated || updated->type != bson::Type::timestamp) {
            report(Fault::content, kind, parent_id, child_id, "updated_ts is not a timestamp");
        } else if (updated->timestamp() == bson::Timestamp{}) {
            report(Fault::content, kind, parent_id, child_id, "updated_ts is empty");
        }
    }

    static Fault field_fault(const Kind& kind, const std::string& field) {
        const bool refers =
            std::ranges::any_of(kind.references, [&](const Reference& reference) { return reference.field == field; });
        return refers || field == "park_id" ? Fault::reference : Fault::content;
    }

    Expected expected_reference(const Kind&, bson::View parent, const bson::Element& held, const Reference& reference,
                                bson::Document& storage) const {
        if (held.type == bson::Type::null) {
            return {{held}, false};
        }
        if (!held.is_string()) {
            // Whatever that is, it is no reference into the child park.
            return {{}, true};
        }
        const std::string target_id(held.string());
        const auto target = find(reference.kind, target_id);
        const Kind& target_kind =
            *std::ranges::find_if(kinds(), [&](const Kind& kind) { return kind.name == reference.kind; });
        const bool leads_to_good_one = target && is_parent(target_kind, *target) && !own_fault(target_kind, *target) &&
                                       text_field(*target, "park_id") == text_field(parent, "park_id");
        if (!leads_to_good_one) {
            // What it led to may have gone, moved or turned bad after the driver was read. Where all have gone, none is
            // retired, and what led to them stays.
            if (!expectations_.after_full_pass || is_left_alone(target_kind)) {
                const Link* stale = link_of_parent(reference.kind, target_id);
                if (stale != nullptr) {
                    return {{string_element(storage, reference.field, stale->child_id.value())}, true};
                }
            }
            return {{}, true};
        }
        const Link* link = link_of_parent(reference.kind, target_id);
        if (link == nullptr) {
            // The target's own check complains where a child is due; a driver's car is due with him.
            return {{}, !expectations_.after_full_pass};
        }
        return {{string_element(storage, reference.field, link->child_id.value())}, !expectations_.after_full_pass};
    }

    void check_login(const Kind& kind, bson::View parent, const Link& link, bson::View child) {
        const std::string child_id = link.child_id.value();
        const std::string shorter = *text_field(parent, "login") + "-" + expectations_.family;
        const std::string longer = shorter + "-" + child_id.substr(0, 6);
        const auto login = text_field(child, "login");
        const bool taken = std::ranges::any_of(documents("parks"), [&](const bson::Document& park) {
            return text_field(park.view(), "login") == shorter && text_field(park.view(), "_id") != child_id;
        });
        if (login == shorter) {
            return;
        }
        if (login != longer) {
            report(Fault::login, kind, link.parent_id.value(), child_id,
                   "login is " + login.value_or("no text") + " instead of " + (taken ? longer : shorter));
        } else if (!taken && !expectations_.longer_logins_may_stay) {
            report(Fault::login, kind, link.parent_id.value(), child_id,
                   "login is the longer one though the shorter is free");
        }
    }

    void check_balance(const Kind& kind, const Link& link, bson::View child) {
        const auto balance = child.find("balance");
        const auto given = expectations_.balances.find(link.child_id.value());
        if (given != expectations_.balances.end()) {
            const auto wanted = given->second.view().find("balance");
            if (!balance || !balance->same_value(*wanted)) {
                report(Fault::content, kind, link.parent_id.value(), link.child_id.value(),
                       "balance is " + (balance ? bson::to_extended_json(*balance) : "missing") +
                           " instead of its owner's " + bson::to_extended_json(*wanted));
            }
        } else if (!balance || balance->integer() != 0) {
            report(Fault::content, kind, link.parent_id.value(), link.child_id.value(),
                   "balance is " + (balance ? bson::to_extended_json(*balance) : "missing") + " instead of 0");
        }
    }

    /// The read-only projection of the parent's (contract, section 4), each grant once.
    void check_grants(const Kind& kind, bson::View parent, const Link& link, bson::View child) {
        const auto granted = parent.find("grants");
        const auto held = child.find("grants");
        const std::set<std::string> wanted = granted ? grants_to_view(*granted) : std::set<std::string>();
        const std::multiset<std::string> has = held ? grants_in(*held) : std::multiset<std::string>();
        if (!std::ranges::equal(wanted, has)) {
            report(Fault::content, kind, link.parent_id.value(), link.child_id.value(),
                   "grants are " + (held ? bson::to_extended_json(*held) : "missing") + " for the parent's " +
                       (granted ? bson::to_extended_json(*granted) : "none"));
        }
    }

    /// A user whose child the store refuses because others removed the child of his group, which a verified pass finds.
    bool waits_for_another(const Kind& kind, bson::View parent) const {
        const auto group_id = text_field(parent, "group_id");
        const Link* group = kind.name == "users" && group_id ? link_of_parent("groups", *group_id) : nullptr;
        return group != nullptr && !find("groups", group->child_id.value()) && !expectations_.after_verified_pass &&
               expectations_.edited_children.contains(group->child_id.value());
    }

    static bool is_account(bson::View document) {
        const auto is_master = document.find("is_master");
        return is_master && is_master->type == bson::Type::boolean && is_master->boolean();
    }
    /// The account in the child park, no copy of anybody, that has this user's login.
    std::optional<std::string> account_in_the_way(const Kind& kind, bson::View parent) const {
        const auto login = text_field(parent, "login");
        const auto park_id = text_field(parent, "park_id");
        const Link* park = park_id ? link_of_parent("parks", *park_id) : nullptr;
        if (kind.name != "users" || !login || park == nullptr) {
            return std::nullopt;
        }
        for (const bson::Document& other : documents("users")) {
            if (is_account(other.view()) && text_field(other.view(), "login") == login &&
                text_field(other.view(), "park_id") == park->child_id.value()) {
                return text_field(other.view(), "_id");
            }
        }
        return std::nullopt;
    }

    /// Nobody can log in with what stands in for a login.
    void check_usable_login(const Kind& kind, bson::View child) {
        const auto id = text_field(child, "_id").value_or("");
        const auto is_enabled = child.find("is_enabled");
        const bool is_off = is_enabled && is_enabled->type == bson::Type::boolean && !is_enabled->boolean();
        if (kind.name == "users" && !is_off && !expectations_.edited_children.contains(id) &&
            text_field(child, "login").value_or("").find('~') != std::string::npos) {
            report(Fault::content, kind, "", id, "has a login that nobody knows");
        }
    }

    // Child parks.

    /// Invariant 7, which holds at any moment and for the children of whoever is gone, too.
    void check_nobody_may_write() {
        for (const Kind& kind : kinds()) {
            for (const bson::Document& document : documents(kind.name)) {
                const bson::View child = document.view();
                const auto id = text_field(child, "_id");
                if (kind.is_park() || !id || fleet_type_of_park(child) != expectations_.family ||
                    expectations_.edited_children.contains(*id)) {
                    continue;
                }
                for (const auto& [field, value] : kind.fixed) {
                    const auto held = child.find(field);
                    if (!held || held->type != bson::Type::boolean || held->boolean() != value) {
                        report(Fault::may_write, kind, "", *id, field + " is not " + (value ? "true" : "false"));
                    }
                }
                const auto grants = kind.name == "groups" ? child.find("grants") : std::nullopt;
                for (const std::string& grant : grants ? grants_in(*grants) : std::multiset<std::string>()) {
                    if (!grant.ends_with("_view")) {
                        report(Fault::may_write, kind, "", *id, "grants " + grant);
                    }
                }
            }
        }
    }

    void check_child_document(const Kind& kind, bson::View child) {
        const auto fleet_type = kind.is_park() ? text_field(child, "fleet_type") : fleet_type_of_park(child);
        if (fleet_type != expectations_.family) {
            return;
        }
        if (is_account(child)) {
            return;
        }
        check_usable_login(kind, child);
        const std::string id = written_id(child);
        const auto link = link_of_child_.find(kind.name);
        const bool known = link != link_of_child_.end() && link->second.contains(id) && text_field(child, "_id");
        if (!known) {
            report(Fault::stray_child, kind,
                   kind.parent_field.empty() ? "" : text_field(child, kind.parent_field).value_or(""), id,
                   "no link knows this child");
            return;
        }
        const Link& its_link = link->second.at(id);
        // What a retired child or one whose parent is in quarantine refers to may move on without it.
        const auto parent = find(kind.name, its_link.parent_id.value());
        const bool is_kept_in_step = its_link.state != LinkState::retired && parent && !own_fault(kind, *parent) &&
                                     park_state(its_link.parent_park_id.value()) != ParkState::faulty;
        if (!is_kept_in_step || (expectations_.edited_children.contains(id) && !expectations_.after_verified_pass)) {
            return;
        }
        if (!kind.parent_field.empty() && text_field(child, kind.parent_field) != its_link.parent_id.value()) {
            report(Fault::content, kind, its_link.parent_id.value(), id, kind.parent_field + " is not the parent's id");
        }
        if (!expectations_.after_full_pass) {
            return;
        }
        for (const Reference& reference : kind.references) {
            const auto held = child.find(reference.field);
            if (!held || !held->is_string()) {
                continue;
            }
            // A child that others removed comes back with a verified pass.
            if (expectations_.edited_children.contains(std::string(held->string())) &&
                !expectations_.after_verified_pass) {
                continue;
            }
            const auto all = by_id_.find(reference.kind);
            const auto target = all == by_id_.end() ? std::map<std::string, bson::View>::const_iterator{}
                                                    : all->second.find(id_key(*held));
            const bool exists = all != by_id_.end() && target != all->second.end();
            if (!exists || (exists && text_field(target->second, "park_id") != text_field(child, "park_id"))) {
                report(Fault::reference, kind, its_link.parent_id.value(), id,
                       reference.field + (exists ? " leads into another park" : " leads nowhere"));
            }
        }
    }

    std::optional<std::string> fleet_type_of_park(bson::View document) const {
        const auto park_id = text_field(document, "park_id");
        const auto park = park_id ? find("parks", *park_id) : std::nullopt;
        return park ? text_field(*park, "fleet_type") : std::nullopt;
    }

    // Links.

    void check_links(const Kind& kind) {
        for (const FakeWorld::StoredLink& stored : links(kind.name)) {
            const Link& link = stored.link;
            if (stored.family != expectations_.family) {
                continue;
            }
            const std::string parent_id = link.parent_id.value();
            const std::string child_id = link.child_id.value();
            const auto parent = find(kind.name, parent_id);
            if (parent && !is_parent(kind, *parent)) {
                report(Fault::child_as_source, kind, parent_id, child_id, "the parent is a child itself");
                continue;
            }
            if (link.state != LinkState::reserved && !find(kind.name, child_id) &&
                !expectations_.edited_children.contains(child_id)) {
                report(Fault::broken_link, kind, parent_id, child_id, "the child does not exist");
            }
            if (!parent && expectations_.after_full_pass && !(is_left_alone(kind) && link.state == LinkState::linked)) {
                check_switched_off(kind, link, "the parent is gone");
            }
            if (link.state == LinkState::linked) {
                check_parks_of_link(kind, link, parent);
            }
            const bool on_demand = kind.name == "cars" || kind.name == "drivers";
            if (on_demand && expectations_.asked_for && !expectations_.asked_for->contains({kind.name, parent_id})) {
                report(Fault::uncalled_for, kind, parent_id, child_id, "nobody had a reason to create it");
            }
        }
    }

    bool is_left_alone(const Kind& kind) const {
        const auto& all = documents(kind.name);
        return expectations_.emptied_sources_retire_nobody &&
               std::ranges::none_of(all, [&](const bson::Document& one) { return is_parent(kind, one.view()); });
    }

    void check_parks_of_link(const Kind& kind, const Link& link, const std::optional<bson::View>& parent) {
        if (kind.is_park()) {
            if (link.parent_park_id.value() != link.parent_id.value() ||
                link.child_park_id.value() != link.child_id.value()) {
                report(Fault::broken_link, kind, link.parent_id.value(), link.child_id.value(),
                       "a park is its own park");
            }
            return;
        }
        const auto park_id = parent ? text_field(*parent, "park_id") : std::nullopt;
        if (!park_id || park_state(*park_id) != ParkState::mirrored || !is_due_now(*parent) ||
            own_fault(kind, *parent) ||
            (link.parent_park_id.value() != *park_id && waits_for_full_pass(kind, *parent))) {
            return;
        }
        const Link* park = link_of_parent("parks", *park_id);
        if (link.parent_park_id.value() != *park_id ||
            link.child_park_id != domain::ChildParkId(park->child_id.value())) {
            report(Fault::broken_link, kind, link.parent_id.value(), link.child_id.value(),
                   "the link names another park");
        }
    }

    void check_one_child_each(const Kind& kind) {
        std::map<std::string, std::string> child_of;
        for (const bson::Document& document : documents(kind.name)) {
            if (is_parent(kind, document.view())) {
                continue;
            }
            const auto fleet_type =
                kind.is_park() ? text_field(document.view(), "fleet_type") : fleet_type_of_park(document.view());
            const auto parent_id =
                kind.parent_field.empty() ? std::nullopt : text_field(document.view(), kind.parent_field);
            if (fleet_type != expectations_.family || !parent_id) {
                continue;
            }
            const auto [other, is_first] = child_of.emplace(*parent_id, written_id(document.view()));
            if (!is_first) {
                report(Fault::two_children, kind, *parent_id, written_id(document.view()), "and " + other->second);
            }
        }
        std::set<std::string> children;
        for (const FakeWorld::StoredLink& stored : links(kind.name)) {
            if (!children.insert(stored.link.child_id.value()).second) {
                report(Fault::two_children, kind, stored.link.parent_id.value(), stored.link.child_id.value(),
                       "two links to one child");
            }
        }
    }

    // Quarantine.

    void check_quarantine() {
        std::set<std::pair<std::string, std::string>> seen;
        for (const QuarantineEntry& entry : fleet_.quarantine) {
            if (entry.family != expectations_.family) {
                continue;
            }
            const auto kind =
                std::ranges::find_if(kinds(), [&](const Kind& candidate) { return candidate.name == entry.entity; });
            const std::string& id = entry.parent.parent_id;
            if (kind == kinds().end()) {
                violations_.push_back({Fault::quarantine, entry.entity, id, "", "no such entity"});
                continue;
            }
            if (!seen.emplace(entry.entity, id).second) {
                report(Fault::quarantine, *kind, id, "", "is in quarantine twice");
            }
            const auto parent = std::ranges::find_if(documents(kind->name), [&](const bson::Document& document) {
                return names(id, written_id(document.view())) && is_parent(*kind, document.view());
            });
            if (parent == documents(kind->name).end()) {
                if (expectations_.after_full_pass) {
                    report(Fault::quarantine, *kind, id, "", "is in quarantine but does not exist as a parent");
                }
                continue;
            }
            const auto fault = own_fault(*kind, parent->view());
            const auto park_id = text_field(parent->view(), "park_id");
            const bool faulty_park = !kind->is_park() && park_id && park_state(*park_id) == ParkState::faulty;
            const auto account = account_in_the_way(*kind, parent->view());
            const bool right = (fault && entry.parent.reason == *fault) ||
                               (faulty_park && entry.parent.reason == "parent_quarantined") ||
                               (entry.parent.reason == "write_refused" && waits_for_another(*kind, parent->view())) ||
                               (account && entry.parent.reason == "login_taken:" + *account);
            if (!right && is_due_now(parent->view())) {
                report(Fault::quarantine, *kind, id, "",
                       "is in quarantine for " + entry.parent.reason + ", " +
                           (fault ? "not for " + *fault : "but nothing is wrong with it"));
            }
        }
    }

    // Unique drivers.

    void check_profile(const Kind& kind, bson::View driver, const Link& link) {
        const auto license = driver.find("license");
        const auto number =
            license && license->type == bson::Type::document ? text_field(license->document(), "number") : std::nullopt;
        const std::string normalized = number ? domain::normalize_license(*number) : "";
        std::size_t records = 0;
        std::size_t profiles = 0;
        std::size_t profiles_elsewhere = 0;
        for (const bson::Document& record : documents("unique_drivers")) {
            const bool is_home = !normalized.empty() && text_field(record.view(), "license") == normalized;
            records += is_home ? 1 : 0;
            const auto list = record.view().find("profiles");
            if (!list || list->type != bson::Type::array) {
                continue;
            }
            for (const bson::Element& entry : list->document()) {
                if (entry.type != bson::Type::document ||
                    text_field(entry.document(), "driver_id") != link.child_id.value()) {
                    continue;
                }
                ++(is_home ? profiles : profiles_elsewhere);
                if (is_home && (text_field(entry.document(), "park_id") != link.child_park_id.value() ||
                                text_field(entry.document(), "app_family") != expectations_.family)) {
                    report(Fault::unique_driver, kind, link.parent_id.value(), link.child_id.value(),
                           "the profile names another park or family");
                }
            }
        }
        if (profiles_elsewhere > 0 && expectations_.profiles_may_be_stale) {
            return;
        }
        const std::size_t expected = normalized.empty() ? 0 : 1;
        if (records != expected || profiles != expected) {
            report(
                Fault::unique_driver, kind, link.parent_id.value(), link.child_id.value(),
                std::to_string(records) + " records of the licence, " + std::to_string(profiles) + " profiles in them");
        }
        if (profiles_elsewhere > 0) {
            report(Fault::unique_driver, kind, link.parent_id.value(), link.child_id.value(),
                   std::to_string(profiles_elsewhere) + " profiles in records of other licences");
        }
    }

    void check_unique_drivers() {
        for (const bson::Document& record : documents("unique_drivers")) {
            const auto list = record.view().find("profiles");
            if (!list || list->type != bson::Type::array) {
                continue;
            }
            std::set<std::string> drivers;
            for (const bson::Element& entry : list->document()) {
                if (entry.type != bson::Type::document ||
                    text_field(entry.document(), "app_family") != expectations_.family) {
                    continue;
                }
                const std::string driver = text_field(entry.document(), "driver_id").value_or("");
                if (!drivers.insert(driver).second) {
                    violations_.push_back(
                        {Fault::unique_driver, "unique_drivers", "", driver, "stands twice in a record"});
                }
                const auto known = link_of_child_.find("drivers");
                if (known == link_of_child_.end() || !known->second.contains(driver)) {
                    violations_.push_back({Fault::unique_driver, "unique_drivers", "", driver, "is no child driver"});
                }
            }
        }
    }

    // Parents are never written (invariant 4).

    void check_nobody_wrote_parents() {
        if (!expectations_.as_put) {
            return;
        }
        for (const Kind& kind : kinds()) {
            std::map<std::string, bson::View> put;
            if (const auto collection = expectations_.as_put->find(kind.name);
                collection != expectations_.as_put->end()) {
                for (const bson::Document& document : collection->second) {
                    if (is_parent(kind, document.view())) {
                        put.emplace(id_key(*document.view().find("_id")), document.view());
                    }
                }
            }
            for (const auto& [key, document] : put) {
                const auto now = by_id_[kind.name].find(key);
                if (now == by_id_[kind.name].end() || !std::ranges::equal(now->second.bytes(), document.bytes())) {
                    report(Fault::parent_written, kind, written_id(document), "",
                           now == by_id_[kind.name].end() ? "was removed" : "was changed");
                }
            }
            for (const bson::Document& document : documents(kind.name)) {
                if (is_parent(kind, document.view()) && !put.contains(id_key(*document.view().find("_id")))) {
                    report(Fault::parent_written, kind, written_id(document.view()), "", "was made by the mirror");
                }
            }
        }
        check_foreign_profiles();
    }

    void check_foreign_profiles() {
        const auto collection = expectations_.as_put->find("unique_drivers");
        if (collection == expectations_.as_put->end()) {
            return;
        }
        for (const bson::Document& record : collection->second) {
            const auto now = std::ranges::find_if(documents("unique_drivers"), [&](const bson::Document& document) {
                return written_id(document.view()) == written_id(record.view());
            });
            const auto complain = [&](const std::string& explanation) {
                violations_.push_back(
                    {Fault::parent_written, "unique_drivers", written_id(record.view()), "", explanation});
            };
            if (now == documents("unique_drivers").end()) {
                complain("was removed");
                continue;
            }
            for (const bson::Element& element : record.view()) {
                const auto field = now->view().find(element.key);
                if (element.key == "updated_ts" || (field && field->same_value(element))) {
                    continue;
                }
                if (element.key != "profiles" || element.type != bson::Type::array || !field ||
                    field->type != bson::Type::array) {
                    complain(std::string(element.key) + " was changed");
                    continue;
                }
                for (const bson::Element& profile : element.document()) {
                    const bool kept = std::ranges::any_of(
                        field->document(), [&](const bson::Element& entry) { return entry.same_value(profile); });
                    if (!kept) {
                        complain("a profile of others is gone");
                    }
                }
            }
        }
    }

    const Fleet& fleet_;
    const Expectations& expectations_;
    std::map<std::string, std::map<std::string, bson::View>> by_id_;
    std::map<std::string, std::map<std::string, Link>> link_of_parent_;
    std::map<std::string, std::map<std::string, Link>> link_of_child_;
    std::map<std::string, std::map<std::string, std::string>> quarantined_;
    std::set<std::string> child_parks_;
    std::vector<Violation> violations_;
};

}  // namespace

Fleet look_at(const FakeWorld& world) {
    Fleet fleet;
    for (const Kind& kind : kinds()) {
        fleet.documents[kind.name] = world.documents(kind.name);
        fleet.links[kind.name] = world.links(kind.name);
    }
    fleet.documents["unique_drivers"] = world.documents("unique_drivers");
    fleet.quarantine = world.quarantine();
    return fleet;
}

std::string_view to_string(Fault fault) {
    switch (fault) {
        case Fault::content:
            return "content";
        case Fault::reference:
            return "reference";
        case Fault::login:
            return "login";
        case Fault::missing_child:
            return "missing child";
        case Fault::two_children:
            return "two children";
        case Fault::stray_child:
            return "stray child";
        case Fault::broken_link:
            return "broken link";
        case Fault::child_as_source:
            return "child as source";
        case Fault::not_retired:
            return "not retired";
        case Fault::quarantine:
            return "quarantine";
        case Fault::unique_driver:
            return "unique driver";
        case Fault::parent_written:
            return "parent written";
        case Fault::uncalled_for:
            return "uncalled for";
        case Fault::may_write:
            return "may write";
    }
    return "?";
}

std::ostream& operator<<(std::ostream& out, const Violation& violation) {
    return out << to_string(violation.fault) << ": " << violation.entity << " " << violation.parent_id << " -> "
               << violation.child_id << ": " << violation.text;
}

std::ostream& operator<<(std::ostream& out, const Fleet& fleet) {
    for (const auto& [collection, documents] : fleet.documents) {
        for (const bson::Document& document : documents) {
            out << collection << " " << bson::to_extended_json(document.view()) << "\n";
        }
    }
    constexpr std::array states{"reserved", "linked", "retired"};
    for (const auto& [entity, links] : fleet.links) {
        for (const auto& [family, link] : links) {
            out << "link of " << entity << " in " << family << ": " << link.parent_id.value() << " of "
                << link.parent_park_id.value() << " -> " << link.child_id.value() << " of "
                << link.child_park_id.value() << " " << states[static_cast<std::size_t>(link.state)]
                << (link.source_hash ? " with hash" : "") << "\n";
        }
    }
    for (const QuarantineEntry& entry : fleet.quarantine) {
        out << "quarantine of " << entry.entity << " in " << entry.family << ": " << entry.parent.parent_id << " of "
            << entry.parent.parent_park_id << ": " << entry.parent.reason << "\n";
    }
    return out;
}

std::vector<Violation> check(const Fleet& fleet, const Expectations& expectations) {
    return Checker(fleet, expectations).run();
}

}  // namespace twinfleet::mirroring::testing

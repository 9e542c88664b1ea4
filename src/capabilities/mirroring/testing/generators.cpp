#include "capabilities/mirroring/testing/generators.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <ostream>
#include <random>

#include "capabilities/mirroring/testing/text_field.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using namespace std::string_literals;

constexpr std::array cities{"Chicago", "Ижевск", "Oslo"};

constexpr std::array all_kinds{"parks", "work_rules", "cars", "drivers", "groups", "users"};
/// What lives in a park.
constexpr std::array kinds_in_parks{"work_rules", "cars", "drivers", "groups", "users"};

/// Records of access-control, which lets in only what it knows.
bool is_record(std::string_view collection) {
    return collection == "groups" || collection == "users";
}

/// Ids beside the ordinary ones. The last two are strings that no PostgreSQL text can hold.
const std::array strange_ids{"Ижевск"s, "a b"s,    "{brace"s,    "o'clock"s,   "back\\slash"s, "\"quoted\""s,
                             "100%"s,   "a,b{c}"s, "new\nline"s, "nul\0byte"s, "\xff\xfe"s};

/// Values of every BSON type that MongoDB's Extended JSON has, as one document of fields "0", "1", ...
const bson::Document& values() {
    static const bson::Document all = bson::from_json(R"({
        "0": {"$numberInt": "1"}, "1": {"$numberLong": "1"}, "2": {"$numberDouble": "1.0"}, "3": {"$numberDouble": "-0.0"},
        "4": {"$numberDouble": "NaN"}, "5": "", "6": "Ижевск 🚕", "7": true, "8": false, "9": null, "10": [], "11": {},
        "12": {"$date": {"$numberLong": "-1"}}, "13": {"$timestamp": {"t": 7, "i": 9}}, "14": {"$oid": "507f1f77bcf86cd799439011"},
        "15": {"$numberDecimal": "1.10"}, "16": {"$regularExpression": {"pattern": "^a", "options": "i"}}, "17": {"$minKey": 1},
        "18": {"$maxKey": 1}, "19": {"$binary": {"base64": "AAEC", "subType": "00"}}, "20": {"$code": "return 1;"},
        "21": {"$symbol": "s"}, "22": {"$undefined": true}, "23": {"deep": [{"er": {"a.b": 1, "$c": [null]}}]},
        "24": [1, "two", [3], {"four": 4}], "25": {"a.b": 1}, "26": {"$numberLong": "9223372036854775807"},
        "27": {"z": 1, "a": 2}, "28": {"a": 2, "z": 1}, "29": {"$code": "f", "$scope": {"x": 1}},
        "30": {"$dbPointer": {"$ref": "c", "$id": {"$oid": "507f1f77bcf86cd799439011"}}}})");
    return all;
}
constexpr int value_count = 31;

const std::array extra_fields{"note",          "tags", "balance_limit", "ключ",  "a.b",          "$where",  "",
                              "modified_date", "x.",   "driver_id",     "phone", "created_date", "_id_copy"};

bson::Element value(const Draw& draw) {
    return *values().view().find(std::to_string(draw(value_count)));
}

/// `document` with one field set or, without a value, taken away. A field that stands keeps its place.
bson::Document with(bson::View document, std::string_view field, const std::function<void(bson::Builder&)>& write) {
    bson::Builder builder;
    bool is_written = false;
    for (const bson::Element& element : document) {
        if (element.key != field) {
            builder.copy(element);
        } else if (write && !is_written) {
            write(builder);
            is_written = true;
        }
    }
    if (write && !is_written) {
        write(builder);
    }
    return builder.take();
}

bson::Document with_text(bson::View document, std::string_view field, std::string_view text) {
    return with(document, field, [&](bson::Builder& builder) { builder.string(field, text); });
}

bson::Document with_value(bson::View document, std::string_view field, const bson::Element& element) {
    return with(document, field, [&](bson::Builder& builder) { builder.copy_as(field, element); });
}

bson::Document without(bson::View document, std::string_view field) {
    return with(document, field, {});
}

bson::Document poisoned(bson::View document) {
    return with(document, "poison", [](bson::Builder& builder) { builder.boolean("poison", true); });
}

/// Writes the documents of the platform.
class Author {
public:
    Author(const Draw& draw, int one_strange_of) : draw_(draw), one_strange_of_(one_strange_of) {}

    [[nodiscard]] bool strange() const { return draw_(one_strange_of_) == one_strange_of_ - 1; }

    [[nodiscard]] std::string id(const std::string& ordinary) const {
        return strange() && strange() ? strange_ids[static_cast<std::size_t>(draw_(strange_ids.size()))] + ordinary
                                      : ordinary;
    }

    void write_id(bson::Builder& builder, const std::string& ordinary, int number) const {
        if (strange() && strange()) {
            builder.int32("_id", number);
        } else {
            builder.string("_id", id(ordinary));
        }
    }

    bson::Document park(int number, const std::string& login) const {
        bson::Builder builder;
        const std::string name = "park" + std::to_string(number);
        write_id(builder, name, number);
        if (strange() && strange()) {
            builder.int32("login", number);
        } else {
            builder.string("login", login);
        }
        if (!strange()) {
            builder.string("city_id", cities[static_cast<std::size_t>(draw_(cities.size()))]);
        }
        if (strange()) {
            // As writers have it who write every field.
            if (draw_(2) == 1) {
                builder.null("fleet_type");
            } else {
                builder.string("fleet_type", "");
            }
        }
        builder.string("country_id", "C").string("name", name).boolean("is_active", draw_(5) != 4);
        builder.begin_array("api_keys").string("0", "secret").end();
        builder.begin_document("integrations").string("token", "secret").end();
        return finish(builder);
    }

    bson::Document of_park(const std::string& collection, int number, const std::string& park_id) const {
        bson::Builder builder;
        if (is_record(collection)) {
            return record(collection, number, park_id);
        }
        write_id(builder, collection + std::to_string(number), number);
        if (strange() && strange()) {
            builder.int32("park_id", number % 3);
        } else {
            builder.string("park_id", park_id);
        }
        if (collection == "work_rules") {
            builder.string("name", "rule").boolean("is_enabled", draw_(5) != 4).int32("commission", draw_(30));
        } else if (collection == "cars") {
            builder.string("number", "A" + std::to_string(number))
                .string("status", draw_(5) == 4 ? "not_working" : "working");
        } else {
            driver(builder);
        }
        return finish(builder);
    }

    /// Some of the grants that there are.
    bson::Document grants() const {
        const std::array names{"cars_edit",  "cars_view",   "drivers_edit", "orders_view",
                               "users_edit", "groups_edit", "parks_edit",   "payments_edit"};
        std::vector<std::string_view> some;
        for (const char* name : names) {
            if (draw_(3) == 0) {
                some.emplace_back(name);
            }
        }
        return bson::string_array(some);
    }

    /// A group or a user with one thing changed that says what he may do.
    bson::Document granting(std::string_view collection, bson::View document) const {
        const auto flip = [&](std::string_view field) {
            const auto current = document.find(field);
            const bool was = current && current->type == bson::Type::boolean && current->boolean();
            return with(document, field, [&](bson::Builder& builder) { builder.boolean(field, !was); });
        };
        if (collection == "users") {
            return flip(draw_(2) == 1 ? "is_superuser" : "is_enabled");
        }
        constexpr std::array flags{"is_super", "read_only", "is_enabled"};
        const int choice = draw_(6);
        if (choice < 3) {
            return flip(flags[static_cast<std::size_t>(choice)]);
        }
        return with(document, "grants", [&](bson::Builder& builder) { builder.array("grants", grants()); });
    }

    /// A driver's reference: to one of the documents, to a missing one, of another type, null, or none.
    bson::Document referring(bson::View driver, const std::string& field,
                             const std::vector<bson::Document>& targets) const {
        const int choice = draw_(one_strange_of_ + 4);
        if (choice == 0 || targets.empty()) {
            return without(driver, field);
        }
        // access-control has no field rather than null.
        if (choice == 1 && strange() && field != "group_id") {
            return with(driver, field, [&](bson::Builder& builder) { builder.null(field); });
        }
        if (choice == 2 && strange()) {
            return with_text(driver, field, "nobody");
        }
        if (choice == 3 && strange() && field != "group_id") {
            return with_value(driver, field, value(draw_));
        }
        const auto& target = targets[static_cast<std::size_t>(draw_(static_cast<int>(targets.size())))];
        return with_value(driver, field, *target.view().find("_id"));
    }

private:
    bson::Document record(const std::string& collection, int number, const std::string& park_id) const {
        bson::Builder builder;
        builder.string("_id", collection + std::to_string(number)).string("park_id", park_id);
        if (collection == "groups") {
            builder.string("name", "group" + std::to_string(draw_(9))).array("grants", grants());
            builder.boolean("is_super", draw_(4) == 3).boolean("read_only", draw_(4) == 3);
            builder.boolean("is_enabled", draw_(5) != 4);
        } else {
            builder.string("login", "user" + std::to_string(number)).string("display_name", "Anna");
            if (draw_(2) == 1) {
                builder.string("phone", "+70000000000");
            }
            builder.boolean("is_enabled", draw_(5) != 4).boolean("is_superuser", draw_(4) == 3);
        }
        builder.date("created_date", 1'600'000'000'000).date("modified_date", 1'600'000'000'000 + draw_(100));
        return builder.take();
    }

    void driver(bson::Builder& builder) const {
        const std::array statuses{"working", "working", "working", "not_working", "fired"};
        const std::array licenses{"AB 1"s, "ab-1"s, "АВ1"s, "CD2"s, ""s};
        builder.string("first_name", "N")
            .string("work_status", statuses[static_cast<std::size_t>(draw_(statuses.size()))]);
        builder.begin_array("phones").string("0", "+70000000000").end();
        if (!strange()) {
            builder.begin_document("license");
            if (strange()) {
                builder.int32("number", 5);
            } else {
                builder.string("number", licenses[static_cast<std::size_t>(draw_(licenses.size()))]);
            }
            builder.string("country", "C").end();
        } else {
            builder.string("license", "AB1");
        }
        builder.real("balance", 700.5).string("password_hash", "secret");
        builder.begin_array("device_tokens").string("0", "secret").end();
    }

    bson::Document finish(bson::Builder& builder) const {
        builder.date("created_date", 1'600'000'000'000).date("modified_date", 1'600'000'000'000 + draw_(100));
        bson::Document document = builder.take();
        if (strange()) {
            const std::string field = extra_fields[static_cast<std::size_t>(draw_(extra_fields.size()))];
            document = with_value(document, field, value(draw_));
        }
        if (strange() && strange()) {
            document = poisoned(document);
        }
        return document;
    }

    const Draw& draw_;
    const int one_strange_of_;
};

/// Most documents are stamped by the server; some say when they changed as a Date, some not at all.
PlatformDocument as_platform_writes(const std::string& collection, const bson::Document& document, std::int64_t now_ms,
                                    const Draw& draw) {
    if (is_record(collection)) {
        return {collection, document, true};
    }
    switch (draw(12)) {
        case 9: {
            // The writer's clock may be wrong.
            const std::int64_t ahead = draw(4) == 3 ? 86'400'000 : 0;
            return {collection,
                    with(document, "updated_ts",
                         [&](bson::Builder& builder) { builder.date("updated_ts", now_ms + ahead); }),
                    false};
        }
        case 10:
            return {collection, without(document, "updated_ts"), false};
        case 11:
            if (draw(2) == 1) {
                return {collection, with_text(document, "updated_ts", "yesterday"), false};
            }
            [[fallthrough]];
        default:
            return {collection, document, true};
    }
}

bool is_child_park(bson::View park) {
    const auto fleet_type = text_field(park, "fleet_type");
    return fleet_type && !fleet_type->empty();
}

bool is_of_a_family(bson::View document, const std::set<std::string>& child_parks) {
    const auto park_id = text_field(document, "park_id");
    return is_child_park(document) || (park_id && child_parks.contains(*park_id));
}

std::string key_of(bson::View document) {
    return id_key(*document.find("_id"));
}

}  // namespace

std::vector<PlatformDocument> draw_fleet(const Draw& draw, const FleetSize& size) {
    const Author author(draw, size.one_strange_of);
    std::vector<PlatformDocument> fleet;
    std::map<std::string, std::vector<bson::Document>> made;
    std::set<std::string> keys;
    const auto add = [&](const std::string& collection, const bson::Document& document) {
        if (keys.insert(collection + key_of(document.view())).second) {
            fleet.push_back(as_platform_writes(collection, document, WorldSettings{}.started_at_ms, draw));
            made[collection].push_back(document);
        }
    };

    const int parks = 1 + draw(size.parks_max);
    for (int i = 0; i < parks; ++i) {
        // A login that the child of an earlier park would like to have.
        const bool is_taken = i > 0 && author.strange() && draw(2) == 1;
        const std::string login = is_taken ? "login" + std::to_string(i - 1) + "-vezet" : "login" + std::to_string(i);
        add("parks", author.park(i, login));
    }
    int number = 0;
    for (int i = 0; i < parks; ++i) {
        const bson::Document park = made["parks"][static_cast<std::size_t>(i)];
        const std::string park_id = text_field(park.view(), "_id").value_or("nowhere");
        for (const char* collection : kinds_in_parks) {
            for (int left = draw(size.documents_per_park_max + 1); left > 0; --left) {
                bson::Document document = author.of_park(collection, ++number, park_id);
                if (collection == "drivers"s) {
                    document = author.referring(document.view(), "car_id", made["cars"]);
                    document = author.referring(document.view(), "rule_id", made["work_rules"]);
                } else if (collection == "users"s) {
                    document = author.referring(document.view(), "group_id", made["groups"]);
                }
                add(collection, document);
            }
        }
    }
    if (author.strange()) {
        // Another family's children look like anybody's documents but for their park.
        bson::Builder park;
        park.string("_id", "other park").string("login", "login0-other").string("fleet_type", "other");
        park.string("parent_park_id", "park0").string("city_id", cities[0]);
        add("parks", park.take());
        add("work_rules", author.of_park("work_rules", ++number, "other park"));
        add("drivers", author.of_park("drivers", ++number, "other park"));
        add("users", author.of_park("users", ++number, "other park"));
    }
    if (draw(2) == 1) {
        add("unique_drivers", bson::from_json(R"({"_id": "known", "license": "AB1", "score": 5,
            "profiles": [{"park_id": "park0", "driver_id": "drivers1", "app_family": "taximeter"}]})"));
    }
    return fleet;
}

std::ostream& operator<<(std::ostream& out, const Edit& edit) {
    constexpr std::array<const char*, Edit::kinds> names{
        "change", "undo",  "touch",       "remove",      "revive",    "move",       "refer",
        "break",  "mend",  "add",         "switch_city", "move_city", "edit_child", "remove_child",
        "pay",    "grant", "swap_logins", "account",     "pass_time"};
    return out << "{" << names[static_cast<std::size_t>(edit.kind)] << ", " << edit.which << ", " << edit.choice << "}";
}

Edit draw_edit(const Draw& draw) {
    return {static_cast<Edit::Kind>(draw(Edit::kinds)), static_cast<std::uint32_t>(draw(1 << 16)),
            static_cast<std::uint32_t>(draw(1 << 16))};
}

Draw draw_from_seed(std::uint64_t seed) {
    auto random = std::make_shared<std::mt19937_64>(seed);
    return [random](int below) { return static_cast<int>((*random)() % static_cast<std::uint64_t>(below)); };
}

bool is_poison(bson::View document) {
    return document.find("poison").has_value();
}

rc::Gen<std::vector<PlatformDocument>> arbitrary_fleet(FleetSize size) {
    return rc::gen::exec([size] {
        return draw_fleet([](int below) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, below)); },
                          size);
    });
}

rc::Gen<Edit> arbitrary_edit() {
    return rc::gen::resize(
        rc::kNominalSize,
        rc::gen::build<Edit>(
            rc::gen::set(&Edit::kind, rc::gen::map(rc::gen::inRange(0, Edit::kinds),
                                                   [](int kind) { return static_cast<Edit::Kind>(kind); })),
            rc::gen::set(&Edit::which, rc::gen::inRange<std::uint32_t>(0, 1 << 16)),
            rc::gen::set(&Edit::choice, rc::gen::inRange<std::uint32_t>(0, 1 << 16))));
}

rc::Gen<std::vector<Edit>> arbitrary_history() {
    return rc::gen::container<std::vector<Edit>>(arbitrary_edit());
}

Platform::Platform(FakeWorld& world, std::string family) : world_(world), family_(std::move(family)) {
    enabled_cities_ = {cities[0], cities[1]};
    world_.refuse_documents(is_poison);
}

void Platform::put(const std::vector<PlatformDocument>& fleet) {
    for (const PlatformDocument& document : fleet) {
        if (document.is_stamped) {
            world_.put(document.collection, document.document.view());
        } else {
            world_.put_as_is(document.collection, document.document.view());
        }
    }
}

std::string Platform::configuration_fingerprint() const {
    return "configuration " + std::to_string(configuration_changes_);
}

std::vector<Platform::Parent> Platform::parents(std::string_view collection) const {
    std::set<std::string> child_parks;
    for (const bson::Document& park : world_.documents("parks")) {
        if (is_child_park(park.view()) && text_field(park.view(), "_id")) {
            child_parks.insert(*text_field(park.view(), "_id"));
        }
    }
    std::vector<Parent> found;
    for (const char* name : all_kinds) {
        if (!collection.empty() && collection != name) {
            continue;
        }
        for (const bson::Document& document : world_.documents(name)) {
            if (!is_of_a_family(document.view(), child_parks)) {
                found.push_back({name, key_of(document.view()), document});
            }
        }
    }
    return found;
}

std::vector<Platform::Parent> Platform::children(std::string_view collection) const {
    std::vector<Parent> found;
    for (const char* name : all_kinds) {
        if (!collection.empty() && collection != name) {
            continue;
        }
        for (const FakeWorld::StoredLink& stored : world_.links(name)) {
            const std::string key = id_key(stored.link.child_id.value());
            if (auto document = world_.document(name, key); document && stored.family == family_) {
                found.push_back({name, key, *document});
            }
        }
    }
    return found;
}

bool Platform::is_mirrored(const Parent& parent) const {
    const auto id = text_field(parent.document.view(), "_id");
    return id && (drivers_asked_for_.contains(*id) ||
                  std::ranges::any_of(world_.links(parent.collection), [&](const FakeWorld::StoredLink& stored) {
                      return stored.link.parent_id.value() == *id || stored.link.child_id.value() == *id;
                  }));
}

std::vector<std::string> Platform::parent_ids(std::string_view collection) const {
    std::vector<std::string> ids;
    for (const Parent& parent : parents(collection)) {
        if (const auto id = text_field(parent.document.view(), "_id")) {
            ids.push_back(*id);
        }
    }
    return ids;
}

bool Platform::store(const Parent& parent, const bson::Document& document, const Draw& draw) {
    if (parent.collection == "parks") {
        const auto login = document.view().find("login");
        for (const bson::Document& other : world_.documents("parks")) {
            const auto other_login = other.view().find("login");
            if (key_of(other.view()) != parent.key && login.has_value() == other_login.has_value() &&
                (!login || login->same_value(*other_login))) {
                return false;
            }
        }
    }
    if (parent.collection == "users") {
        for (const bson::Document& other : world_.documents("users")) {
            if (key_of(other.view()) != parent.key &&
                text_field(other.view(), "login") == text_field(document.view(), "login") &&
                text_field(other.view(), "park_id") == text_field(document.view(), "park_id")) {
                return false;
            }
        }
    }
    if (const auto before = world_.document(parent.collection, parent.key)) {
        earlier_.push_back({parent.collection, parent.key, *before});
    }
    const PlatformDocument written = as_platform_writes(parent.collection, document, world_.now_ms(), draw);
    if (written.is_stamped) {
        // The clocks of two shards are not the same.
        world_.put(written.collection, written.document.view(), draw(4) == 3 ? 1000 * draw(4) : 0);
    } else {
        world_.put_as_is(written.collection, written.document.view());
    }
    return true;
}

void Platform::ask_for_driver(const std::string& parent_id) {
    drivers_asked_for_.insert(parent_id);
    last_driver_asked_for_ = parent_id;
    asked_for_.emplace("drivers", parent_id);
    note_references();
}

void Platform::note_references() {
    for (const std::string& id : drivers_asked_for_) {
        if (const auto driver = world_.document("drivers", id_key(id))) {
            if (const auto car = text_field(driver->view(), "car_id")) {
                asked_for_.emplace("cars", *car);
            }
        }
    }
}

std::string Platform::apply(const Edit& edit) {
    const Draw draw = draw_from_seed(edit.choice);
    const Author author(draw, 4);
    const auto choose = [&](std::vector<Parent> among) -> std::optional<Parent> {
        const auto keep_only = [&](const auto& is_wanted) {
            if (std::ranges::any_of(among, is_wanted)) {
                std::erase_if(among, [&](const Parent& parent) { return !is_wanted(parent); });
            }
        };
        if (prefers_mirrored_parents_ && edit.choice % 8 < 4) {
            keep_only([&](const Parent& parent) {
                return parent.collection == "drivers" && parent.key == id_key(last_driver_asked_for_);
            });
        } else if (prefers_mirrored_parents_ && edit.choice % 8 < 7) {
            keep_only([&](const Parent& parent) { return is_mirrored(parent); });
        }
        return among.empty() ? std::nullopt : std::optional(among[edit.which % among.size()]);
    };
    const auto named = [](const Parent& document) {
        return document.collection + " " + bson::to_extended_json(*document.document.view().find("_id"));
    };
    const auto pick_city = [&] { return std::string(cities[edit.which % cities.size()]); };
    std::optional<Parent> chosen;
    std::string done;

    switch (edit.kind) {
        case Edit::Kind::change:
            chosen = choose(parents());
            if (chosen && is_record(chosen->collection)) {
                const std::string name = "name" + std::to_string(draw(9));
                const bool is_user = chosen->collection == "users";
                const std::string field = !is_user ? "name" : std::array{"display_name", "phone", "login"}[draw(3)];
                store(*chosen,
                      field == "phone" && draw(2) == 1 ? without(chosen->document.view(), field)
                                                       : with_text(chosen->document.view(), field, name),
                      draw);
                done = "changed " + field + " of " + named(*chosen);
            } else if (chosen) {
                bson::Document document = chosen->document;
                std::string field = extra_fields[static_cast<std::size_t>(draw(extra_fields.size()))];
                if (draw(2) == 1) {
                    // Known fields, of any type: only login and park_id are needed.
                    const std::array known{"name",    "is_active", "status",    "work_status",
                                           "license", "balance",   "commission"};
                    field = known[static_cast<std::size_t>(draw(known.size()))];
                }
                document =
                    draw(4) == 3 ? without(document.view(), field) : with_value(document.view(), field, value(draw));
                if (chosen->collection == "parks" && draw(4) == 3) {
                    const int other = draw(4);
                    document = with_text(document.view(), "login",
                                         "login" + std::to_string(other) + (draw(2) == 1 ? "-vezet" : "-new"));
                }
                store(*chosen, document, draw);
                done = "changed " + field + " of " + named(*chosen);
            }
            break;
        case Edit::Kind::undo:
            if (!earlier_.empty()) {
                const std::size_t back = edit.which % std::min<std::size_t>(earlier_.size(), 3);
                chosen = earlier_[earlier_.size() - 1 - back];
            }
            if (chosen && world_.document(chosen->collection, chosen->key)) {
                store(*chosen, chosen->document, draw);
                done = "undid the change of " + named(*chosen);
            }
            break;
        case Edit::Kind::touch:
            chosen = choose(parents());
            if (chosen) {
                world_.put(chosen->collection, chosen->document.view());
                done = "touched " + named(*chosen);
            }
            break;
        case Edit::Kind::remove:
            chosen = choose(parents());
            if (chosen) {
                world_.erase(chosen->collection, chosen->key);
                removed_.push_back(*chosen);
                done = "removed " + named(*chosen);
            }
            break;
        case Edit::Kind::revive:
            chosen = choose(removed_);
            if (chosen && !world_.document(chosen->collection, chosen->key)) {
                store(*chosen, chosen->document, draw);
                done = "revived " + named(*chosen);
            }
            break;
        case Edit::Kind::move: {
            const auto collection = std::array{"work_rules", "cars", "drivers"}[edit.choice % 3];
            chosen = choose(parents(collection));
            const auto parks = parent_ids("parks");
            if (chosen && !parks.empty()) {
                const std::string& park = parks[static_cast<std::size_t>(draw(static_cast<int>(parks.size())))];
                store(*chosen, with_text(chosen->document.view(), "park_id", park), draw);
                done = "moved " + named(*chosen) + " to " + park;
            }
            break;
        }
        case Edit::Kind::refer: {
            struct Kind {
                const char* from;
                const char* field;
                const char* to;
            };
            constexpr std::array kinds_of_references{Kind{"drivers", "car_id", "cars"},
                                                     Kind{"drivers", "rule_id", "work_rules"},
                                                     Kind{"users", "group_id", "groups"}};
            const auto& [from, field, to] = kinds_of_references[edit.choice % kinds_of_references.size()];
            chosen = choose(parents(from));
            std::vector<bson::Document> targets;
            for (const Parent& target : parents(to)) {
                targets.push_back(target.document);
            }
            if (chosen) {
                store(*chosen, author.referring(chosen->document.view(), field, targets), draw);
                done = "gave another " + std::string(field) + " to " + named(*chosen);
            }
            break;
        }
        case Edit::Kind::break_:
            chosen = choose(parents());
            if (chosen && !is_record(chosen->collection)) {
                const std::string field = chosen->collection == "parks" ? "login" : "park_id";
                const bool poison = draw(2) == 1;
                const int odd = 1'000 + draw(1'000);
                store(*chosen,
                      poison ? poisoned(chosen->document.view())
                             : with(chosen->document.view(), field,
                                    [&](bson::Builder& builder) { builder.int32(field, odd); }),
                      draw);
                done = (poison ? "poisoned " : "broke ") + named(*chosen);
            }
            break;
        case Edit::Kind::mend:
            for (const Parent& parent : parents()) {
                const std::string field = parent.collection == "parks" ? "login" : "park_id";
                const bool is_bad = is_poison(parent.document.view()) || !text_field(parent.document.view(), field);
                if (is_bad && text_field(parent.document.view(), "_id")) {
                    const auto parks = parent_ids("parks");
                    const std::string good =
                        parent.collection == "parks" || parks.empty()
                            ? "mended" + std::to_string(edit.choice)
                            : parks[static_cast<std::size_t>(draw(static_cast<int>(parks.size())))];
                    bson::Document document = without(parent.document.view(), "poison");
                    if (!text_field(document.view(), field)) {
                        document = with_text(document.view(), field, good);
                    }
                    store(parent, document, draw);
                    done = "mended " + named(parent);
                    break;
                }
            }
            break;
        case Edit::Kind::add: {
            const auto collection = all_kinds[edit.which % all_kinds.size()];
            const int number = 10'000 + ++added_;
            const auto parks = parent_ids("parks");
            const std::string park =
                parks.empty() ? "nowhere" : parks[static_cast<std::size_t>(draw(static_cast<int>(parks.size())))];
            bson::Document document = collection == "parks"s ? author.park(number, "login" + std::to_string(number))
                                                             : author.of_park(collection, number, park);
            if (collection == "users"s && !removed_.empty() && draw(2) == 1) {
                // Somebody new has the login of one who is gone.
                const Parent& gone = removed_.back();
                if (gone.collection == "users") {
                    document = with_value(document.view(), "park_id", *gone.document.view().find("park_id"));
                    document = with_value(document.view(), "login", *gone.document.view().find("login"));
                }
            }
            const Parent added{collection, key_of(document.view()), document};
            store(added, document, draw);
            done = "added " + named(added);
            break;
        }
        case Edit::Kind::switch_city: {
            const std::string city = pick_city();
            if (enabled_cities_.erase(city) == 0) {
                enabled_cities_.insert(city);
            }
            ++configuration_changes_;
            done = "switched " + city;
            break;
        }
        case Edit::Kind::move_city:
            chosen = choose(parents("parks"));
            if (chosen) {
                const std::string city = cities[static_cast<std::size_t>(draw(cities.size()))];
                store(*chosen, with_text(chosen->document.view(), "city_id", city), draw);
                done = "moved " + named(*chosen) + " to " + city;
            }
            break;
        case Edit::Kind::edit_child:
            chosen = choose(children());
            if (chosen && is_record(chosen->collection)) {
                const bson::View child = chosen->document.view();
                bson::Document edited;
                if (draw(2) == 1) {
                    edited = author.granting(chosen->collection, child);
                } else if (chosen->collection == "groups") {
                    edited = with_text(child, "name", "foreign");
                } else {
                    edited = draw(2) == 1 ? without(child, "group_id")
                                          : with_text(child, "login", "foreign" + std::to_string(++added_));
                }
                world_.put(chosen->collection, edited.view());
                edited_children_.insert(*text_field(child, "_id"));
                done = "edited child " + named(*chosen);
            } else if (chosen) {
                const std::array fields{"name", "number",        "work_status", "car_id",
                                        "note", "parent_car_id", "a.b",         "is_active"};
                const std::string field = fields[static_cast<std::size_t>(draw(fields.size()))];
                world_.put(chosen->collection, (draw(3) == 2 ? without(chosen->document.view(), field)
                                                             : with_value(chosen->document.view(), field, value(draw)))
                                                   .view());
                edited_children_.insert(*text_field(chosen->document.view(), "_id"));
                done = "edited child " + named(*chosen);
            }
            break;
        case Edit::Kind::remove_child:
            // Whatever lives in a park is lost with it, which is another story.
            chosen = choose(children(kinds_in_parks[edit.choice % kinds_in_parks.size()]));
            // A group that users are in is not let go.
            if (chosen && !(chosen->collection == "groups" &&
                            std::ranges::any_of(world_.documents("users"), [&](const bson::Document& user) {
                                return text_field(user.view(), "group_id") ==
                                       text_field(chosen->document.view(), "_id");
                            }))) {
                world_.erase(chosen->collection, chosen->key);
                edited_children_.insert(*text_field(chosen->document.view(), "_id"));
                // Its own fields go with it.
                balances_.erase(*text_field(chosen->document.view(), "_id"));
                done = "removed child " + named(*chosen);
            }
            break;
        case Edit::Kind::pay:
            chosen = choose(children("drivers"));
            if (chosen) {
                bson::Builder balance;
                balance.real("balance", 0.25 + draw(1'000));
                const bson::Document paid = balance.take();
                world_.put("drivers",
                           with_value(chosen->document.view(), "balance", *paid.view().find("balance")).view());
                balances_.insert_or_assign(*text_field(chosen->document.view(), "_id"), paid);
                done = "paid " + named(*chosen);
            }
            break;
        case Edit::Kind::grant: {
            chosen = choose(parents(edit.choice % 2 == 0 ? "groups" : "users"));
            if (chosen) {
                store(*chosen, author.granting(chosen->collection, chosen->document.view()), draw);
                done = "changed what may do " + named(*chosen);
            }
            break;
        }
        case Edit::Kind::swap_logins: {
            chosen = choose(parents("users"));
            std::vector<Parent> others = parents("users");
            std::erase_if(others, [&](const Parent& other) {
                return !chosen || other.key == chosen->key ||
                       text_field(other.document.view(), "park_id") != text_field(chosen->document.view(), "park_id");
            });
            if (!others.empty()) {
                const Parent& other = others[static_cast<std::size_t>(draw(static_cast<int>(others.size())))];
                const std::string one = *text_field(chosen->document.view(), "login");
                const std::string another = *text_field(other.document.view(), "login");
                const std::string meanwhile = "meanwhile" + std::to_string(++added_);
                store(*chosen, with_text(chosen->document.view(), "login", meanwhile), draw);
                if (draw(3) != 2) {
                    store(other, with_text(other.document.view(), "login", one), draw);
                    store(*chosen, with_text(chosen->document.view(), "login", another), draw);
                } else if (draw(2) == 1) {
                    store(other, with_text(other.document.view(), "login", one), draw);
                } else {
                    world_.erase(other.collection, other.key);
                    removed_.push_back(other);
                    store(*chosen, with_text(chosen->document.view(), "login", another), draw);
                }
                done = "exchanged the logins of " + named(*chosen) + " and " + named(other);
            }
            break;
        }
        case Edit::Kind::account:
            chosen = choose(parents("users"));
            if (chosen) {
                done = change_account(text_field(chosen->document.view(), "park_id").value_or(""),
                                      text_field(chosen->document.view(), "login").value_or("head-office"));
            }
            break;
        case Edit::Kind::pass_time: {
            const int seconds = 1 + draw(200);
            world_.advance(std::int64_t{1000} * seconds);
            done = std::to_string(seconds) + " s passed";
            break;
        }
    }
    note_references();
    return done;
}

std::string Platform::change_account(const std::string& park_id, const std::string& login) {
    std::string child_park_id;
    for (const FakeWorld::StoredLink& stored : world_.links("parks")) {
        if (stored.family == family_ && stored.link.parent_id.value() == park_id) {
            child_park_id = stored.link.child_id.value();
        }
    }
    if (child_park_id.empty()) {
        return {};
    }
    for (const bson::Document& user : world_.documents("users")) {
        if (text_field(user.view(), "park_id") != child_park_id) {
            continue;
        }
        if (user.view().find("is_master")) {
            world_.erase("users", key_of(user.view()));
            return "closed the account of park " + child_park_id;
        }
        if (text_field(user.view(), "login") == login) {
            // access-control leaves whoever has the login as he is.
            return {};
        }
    }
    bson::Builder account;
    account.string("_id", "account " + std::to_string(++added_))
        .string("park_id", child_park_id)
        .string("login", login)
        .string("display_name", "Head office")
        .boolean("is_enabled", true)
        .boolean("is_superuser", false)
        .boolean("is_master", true);
    world_.put("users", account.take().view());
    return "opened an account in park " + child_park_id + " with the login " + login;
}

Expectations Platform::expectations(bool after_full_pass, bool after_verified_pass) const {
    Expectations expectations;
    expectations.family = family_;
    expectations.is_enabled = [this](bson::View park) {
        const auto city = text_field(park, "city_id");
        return city && enabled_cities_.contains(*city);
    };
    expectations.is_refused = is_poison;
    expectations.after_full_pass = after_full_pass;
    expectations.after_verified_pass = after_verified_pass;
    expectations.edited_children = edited_children_;
    expectations.longer_logins_may_stay = true;
    expectations.emptied_sources_retire_nobody = true;
    expectations.profiles_may_be_stale = !after_verified_pass;
    expectations.as_put.emplace();
    for (const char* collection : all_kinds) {
        (*expectations.as_put)[collection] = world_.as_put(collection);
    }
    (*expectations.as_put)["unique_drivers"] = world_.as_put("unique_drivers");
    expectations.asked_for = asked_for_;
    expectations.balances = balances_;
    return expectations;
}

}  // namespace twinfleet::mirroring::testing

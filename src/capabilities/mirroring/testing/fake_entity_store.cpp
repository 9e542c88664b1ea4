#include "capabilities/mirroring/testing/fake_entity_store.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>
#include <tuple>
#include <type_traits>

#include "capabilities/mirroring/policy/projection.hpp"
#include "capabilities/mirroring/testing/text_field.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using Documents = std::map<std::string, bson::Document>;

/// MongoDB would read it as a path or an operator.
bool cannot_be_addressed(std::string_view field) {
    return field.empty() || field.front() == '$' || field.find('.') != std::string_view::npos;
}

bool has_field_that_cannot_be_addressed(bson::View document) {
    return std::ranges::any_of(document, [](const bson::Element& element) { return cannot_be_addressed(element.key); });
}

std::string text_or_empty(bson::View document, std::string_view field) {
    return text_field(document, field).value_or("");
}

std::string park_of(const Entity& entity, bson::View document) {
    return text_or_empty(document, entity.park_field);
}

/// As a query sees them: an array counts by its elements, an empty one by itself.
std::vector<bson::Element> values_of(const bson::Element& field) {
    std::vector<bson::Element> values;
    if (field.type == bson::Type::array) {
        std::ranges::copy(field.document(), std::back_inserter(values));
    }
    if (values.empty()) {
        values.push_back(field);
    }
    return values;
}

bool is_in(const Scope& scope, const Entity& entity, bson::View document) {
    if (scope.everything()) {
        return true;
    }
    const auto park = document.find(entity.park_field);
    const auto values = park ? values_of(*park) : std::vector<bson::Element>();
    if (scope.is_without_park) {
        return !park || std::ranges::any_of(values, [](const bson::Element& value) {
            return !value.is_string() || value.string().empty() || !is_usable_id(value.string());
        });
    }
    return std::ranges::any_of(values, [&](const bson::Element& value) {
        return value.is_string() &&
               std::ranges::any_of(scope.parks, [&](const auto& id) { return id.value() == value.string(); });
    });
}

bool has_empty_time(bson::View document) {
    const auto updated = document.find("updated_ts");
    return updated && updated->type == bson::Type::timestamp && updated->timestamp() == bson::Timestamp{};
}

/// Where a document stands in the order of a read.
using Place = std::tuple<int, std::uint64_t, std::string>;

std::optional<Place> place_by_update(const bson::ChangePosition& from, const std::string& key, bson::View document) {
    // Compared by hand, not by what the passes compare with: a mistake there should show here.
    const auto updated = document.find("updated_ts");
    if (!updated) {
        return std::nullopt;
    }
    if (updated->type == bson::Type::timestamp) {
        const bson::Timestamp value = updated->timestamp();
        if (from.timestamp && value <= *from.timestamp) {
            return std::nullopt;
        }
        return Place(0, (std::uint64_t{value.seconds} << 32) | value.increment, key);
    }
    if (updated->type == bson::Type::date) {
        if (from.date_ms && updated->date_ms() <= *from.date_ms) {
            return std::nullopt;
        }
        // Keeps the order of negative values.
        return Place(1, static_cast<std::uint64_t>(updated->date_ms()) ^ (std::uint64_t{1} << 63), key);
    }
    return std::nullopt;
}

class FakeStream final : public DocumentStream {
public:
    using Order = std::function<std::optional<Place>(const std::string& key, bson::View document)>;

    FakeStream(FakeWorld& world, const Entity& entity, std::string runner, std::string call, Scope scope,
               BatchLimits limits, Order order)
        : world_(world),
          entity_(entity),
          runner_(std::move(runner)),
          call_(std::move(call)),
          scope_(std::move(scope)),
          limits_(limits),
          order_(std::move(order)) {
        if (world_.settings().streams_are_snapshots) {
            snapshot_ = world_.atomically([&](FakeWorld::Data& data) {
                Documents scratch;
                return Documents(data.visible(entity_.name, scratch));
            });
        }
    }

    bool next(DocumentBatch& batch) override {
        batch.clear();
        const Delivery delivery = world_.step(runner_, call_, Phase::before);
        std::optional<Place> last;
        world_.atomically([&](FakeWorld::Data& data) {
            Documents scratch;
            last = read(snapshot_ ? *snapshot_ : data.visible(entity_.name, scratch), batch);
        });
        world_.step(runner_, call_, Phase::after);
        // Delivered twice: the same comes again at the next call, as after a cursor that was opened anew.
        if (delivery == Delivery::once && last) {
            last_ = last;
        }
        return !batch.empty();
    }

private:
    /// Fills the batch and returns the place of its last document.
    std::optional<Place> read(const Documents& documents, DocumentBatch& batch) const {
        std::map<Place, const bson::Document*> ahead;
        for (const auto& [key, document] : documents) {
            const auto place = order_(key, document.view());
            if (place && is_in(scope_, entity_, document.view()) && (!last_ || *place > *last_)) {
                ahead.emplace(*place, &document);
            }
        }
        std::optional<Place> last;
        for (const auto& [place, document] : ahead) {
            const bool full = batch.size() >= limits_.documents_max ||
                              (!batch.empty() && batch.size_bytes() + document->size_bytes() > limits_.bytes_max);
            if (full) {
                break;
            }
            batch.add(document->view());
            last = place;
        }
        return last;
    }

    FakeWorld& world_;
    const Entity& entity_;
    const std::string runner_;
    const std::string call_;
    const Scope scope_;
    const BatchLimits limits_;
    const Order order_;
    std::optional<Documents> snapshot_;
    std::optional<Place> last_;
};

DocumentBatch fetch_keys(FakeWorld::Data& data, const Entity& entity, const std::set<std::string>& keys) {
    DocumentBatch batch;
    Documents scratch;
    const Documents& documents = data.visible(entity.name, scratch);
    for (const std::string& key : keys) {
        if (const auto found = documents.find(key); found != documents.end()) {
            batch.add(found->second.view());
        }
    }
    return batch;
}

}  // namespace

FakeEntityStore::FakeEntityStore(FakeWorld& world, const Entity& entity, std::string runner)
    : world_(world), entity_(entity), runner_(std::move(runner)) {}

std::string FakeEntityStore::call(std::string_view name) const {
    return std::string(entity_.name) + "." + std::string(name);
}

std::unique_ptr<DocumentStream> FakeEntityStore::changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                               const BatchLimits& limits) {
    return std::make_unique<FakeStream>(
        world_, entity_, runner_, call("changed_since.next"), scope, limits,
        [from](const std::string& key, bson::View document) { return place_by_update(from, key, document); });
}

std::unique_ptr<DocumentStream> FakeEntityStore::all(const Scope& scope, const BatchLimits& limits) {
    return std::make_unique<FakeStream>(
        world_, entity_, runner_, call("all.next"), scope, limits,
        [](const std::string& key, bson::View) { return std::optional<Place>(Place(0, 0, key)); });
}

std::unique_ptr<DocumentStream> FakeEntityStore::with_empty_time(const BatchLimits& limits) {
    return std::make_unique<FakeStream>(world_, entity_, runner_, call("with_empty_time.next"), Scope(), limits,
                                        [](const std::string& key, bson::View document) {
                                            return has_empty_time(document) ? std::optional<Place>(Place(0, 0, key))
                                                                            : std::nullopt;
                                        });
}

DocumentBatch FakeEntityStore::fetch(std::span<const std::string> ids) {
    std::set<std::string> keys;
    for (const std::string& id : ids) {
        keys.insert(id_key(id));
    }
    return world_.perform(runner_, call("fetch"),
                          [&](FakeWorld::Data& data) { return fetch_keys(data, entity_, keys); });
}

DocumentBatch FakeEntityStore::fetch_quarantined(std::span<const std::string> ids) {
    std::set<std::string> keys;
    for (const std::string& id : ids) {
        // A string may look like Extended JSON, so both are asked for.
        keys.insert(id_key(id));
        if (!id.empty() && std::string_view("{[\"tfn").find(id.front()) != std::string_view::npos) {
            try {
                keys.insert(id_key(*bson::from_json("{\"_id\":" + id + "}").view().find("_id")));
            } catch (const std::invalid_argument&) {  // a string after all
            }
        }
    }
    return world_.perform(runner_, call("fetch_quarantined"),
                          [&](FakeWorld::Data& data) { return fetch_keys(data, entity_, keys); });
}

std::vector<EntityStore::Presence> FakeEntityStore::presence(std::span<const std::string> ids) {
    const std::set<std::string> wanted(ids.begin(), ids.end());
    return world_.perform(runner_, call("presence"), [&](FakeWorld::Data& data) {
        std::vector<Presence> present;
        Documents scratch;
        const Documents& documents = data.visible(entity_.name, scratch);
        for (const std::string& id : wanted) {
            if (const auto found = documents.find(id_key(id)); found != documents.end()) {
                present.push_back({id, park_of(entity_, found->second.view())});
            }
        }
        return present;
    });
}

WriteOutcome FakeEntityStore::admit_record(FakeWorld::Data& data, const std::string& key, bson::View document) const {
    const std::string park = text_or_empty(document, "park_id");
    Documents& users = data.collections["users"];
    if (entity_.name == "groups") {
        const Documents& groups = data.collections["groups"];
        const auto current = groups.find(key);
        const bool leaves = current != groups.end() && text_or_empty(current->second.view(), "park_id") != park;
        const bool is_in_use = std::ranges::any_of(users, [&](const auto& user) {
            return text_or_empty(user.second.view(), "group_id") == text_or_empty(document, "_id");
        });
        return leaves && is_in_use ? WriteOutcome::refused : WriteOutcome::written;
    }
    if (const auto group_id = document.find("group_id"); group_id && group_id->type != bson::Type::null) {
        const Documents& groups = data.collections["groups"];
        const auto group = groups.find(id_key(*group_id));
        if (group == groups.end() || text_or_empty(group->second.view(), "park_id") != park) {
            return WriteOutcome::refused;
        }
    }
    for (auto& [other_key, other] : users) {
        const bool is_in_the_way = other_key != key && text_or_empty(other.view(), "park_id") == park &&
                                   text_or_empty(other.view(), "login") == text_or_empty(document, "login");
        if (!is_in_the_way) {
            continue;
        }
        const auto is_enabled = other.view().find("is_enabled");
        if (!is_enabled || is_enabled->type != bson::Type::boolean || is_enabled->boolean()) {
            return WriteOutcome::login_taken;
        }
        bson::Builder moved;
        for (const bson::Element& element : other.view()) {
            if (element.key == "login") {
                moved.string("login", std::string(element.string()) + "~" + text_or_empty(other.view(), "_id"));
            } else {
                moved.copy(element);
            }
        }
        other = stamped(moved.take(), world_.next_timestamp(data));
    }
    return WriteOutcome::written;
}

bool FakeEntityStore::keeps_empty_times() const noexcept {
    return world_.settings().keeps_empty_times && entity_.storage == Storage::mongo;
}

WriteOutcome FakeEntityStore::store(FakeWorld::Data& data, const std::string& key,
                                    const bson::Document& content) const {
    return store(data, key, content, world_.next_timestamp(data));
}

WriteOutcome FakeEntityStore::store(FakeWorld::Data& data, const std::string& key, const bson::Document& content,
                                    bson::Timestamp updated_ts) const {
    Documents& documents = data.collections[std::string(entity_.name)];
    bson::Document document = stamped(content.view(), updated_ts);
    if (document.size_bytes() > world_.settings().document_bytes_max ||
        (data.refused && data.refused(document.view()))) {
        return WriteOutcome::refused;
    }
    if (entity_.storage == Storage::access_control) {
        if (const WriteOutcome answer = admit_record(data, key, document.view()); answer != WriteOutcome::written) {
            return answer;
        }
    }
    if (entity_.is_park()) {
        const auto login = document.view().find("login");
        for (const auto& [other_key, other] : documents) {
            const auto other_login = other.view().find("login");
            if (other_key != key && login.has_value() == other_login.has_value() &&
                (!login || login->same_value(*other_login))) {
                return WriteOutcome::login_taken;
            }
        }
    }
    data.note_write(entity_.name, key);
    documents.insert_or_assign(key, std::move(document));
    return WriteOutcome::written;
}

WriteOutcome FakeEntityStore::insert_one(FakeWorld::Data& data, const ChildInsert& child) const {
    const auto id = child.document.view().find("_id");
    if (!id || !id->is_string() || id->string() != child.id.value() || child.document.view().find("updated_ts")) {
        throw std::logic_error("an insert needs the child's _id and leaves updated_ts to the server");
    }
    const std::string key = id_key(child.id.value());
    if (data.collections[std::string(entity_.name)].contains(key)) {
        return WriteOutcome::exists;
    }
    return store(data, key, child.document, keeps_empty_times() ? bson::Timestamp{} : world_.next_timestamp(data));
}

void FakeEntityStore::set_empty_time(FakeWorld::Data& data, const ChildInsert& child) const {
    Documents& documents = data.collections[std::string(entity_.name)];
    const auto found = documents.find(id_key(child.id.value()));
    if (found != documents.end() && has_empty_time(found->second)) {
        found->second = stamped(found->second, world_.next_timestamp(data));
    }
}

WriteOutcome FakeEntityStore::update_one(FakeWorld::Data& data, const ChildUpdate& update) const {
    std::set<std::string, std::less<>> replaced(update.unset.begin(), update.unset.end());
    for (const bson::Element& element : update.set.view()) {
        replaced.emplace(element.key);
    }
    if (replaced.contains("_id") || replaced.contains("updated_ts")) {
        throw std::logic_error("an update may touch neither _id nor updated_ts");
    }

    const std::string key = id_key(update.id.value());
    Documents& documents = data.collections[std::string(entity_.name)];
    const auto found = documents.find(key);
    if (found == documents.end()) {
        return WriteOutcome::moved_on;
    }
    const bson::View current = found->second.view();
    const auto updated_ts = current.find("updated_ts");
    const std::vector<std::uint8_t> version =
        updated_ts ? std::vector<std::uint8_t>(updated_ts->whole.begin(), updated_ts->whole.end())
                   : std::vector<std::uint8_t>();
    if (version != update.version.updated_ts) {
        return WriteOutcome::moved_on;
    }
    if (update.replacement) {
        const auto id = update.replacement->view().find("_id");
        if (!id || id_key(*id) != key || update.replacement->view().find("updated_ts")) {
            throw std::logic_error("a replacement needs the child's _id and leaves updated_ts to the server");
        }
        // As MongoDB does, which takes such a field in a new document alone.
        for (const bson::Element& element : update.replacement->view()) {
            if (element.key.starts_with('$')) {
                return WriteOutcome::refused;
            }
        }
        return store(data, key, *update.replacement);
    }
    if (std::ranges::any_of(replaced, cannot_be_addressed) || has_field_that_cannot_be_addressed(current)) {
        throw std::logic_error("a field that cannot be addressed by its name needs a replacement");
    }

    bson::Builder builder;
    for (const bson::Element& element : current) {
        if (!replaced.contains(element.key)) {
            builder.copy(element);
        } else if (const auto value = update.set.view().find(element.key)) {
            builder.copy(*value);
        }
    }
    for (const bson::Element& element : update.set.view()) {
        if (!current.find(element.key)) {
            builder.copy(element);
        }
    }
    return store(data, key, builder.take());
}

template <typename Item>
std::vector<WriteOutcome> FakeEntityStore::write(std::string_view name, std::span<const Item> items,
                                                 WriteOne<Item> write_one) {
    const Delivery delivery = world_.step(runner_, call(name), Phase::before);
    if (delivery == Delivery::late) {
        // The store, not its caller, keeps what it was asked to do.
        const auto store = std::make_shared<FakeEntityStore>(world_, entity_, runner_);
        world_.atomically([&](FakeWorld::Data& data) {
            data.hanging.push_back(
                [store, write_one, all = std::vector<Item>(items.begin(), items.end())](FakeWorld::Data& then) {
                    for (const Item& item : all) {
                        static_cast<void>(((*store).*write_one)(then, item));
                    }
                });
        });
        throw platform::StoreUnavailable(call(name), "no answer in time");
    }
    std::vector<WriteOutcome> outcomes;
    bool is_acknowledged = true;
    for (int times = delivery == Delivery::twice ? 2 : 1; times > 0; --times) {
        outcomes.clear();
        for (const Item& item : items) {
            if (!outcomes.empty()) {
                world_.step(runner_, call(name), Phase::within);
            }
            outcomes.push_back(world_.atomically([&](FakeWorld::Data& data) {
                // Whatever becomes of the set before the call ends.
                is_acknowledged = is_acknowledged && data.has_majority;
                return (this->*write_one)(data, item);
            }));
        }
        if constexpr (std::is_same_v<Item, ChildInsert>) {
            for (const ChildInsert& child : items) {
                if (keeps_empty_times()) {
                    world_.step(runner_, call(name), Phase::within);
                }
                world_.atomically([&](FakeWorld::Data& data) { set_empty_time(data, child); });
            }
        }
    }
    world_.step(runner_, call(name), Phase::after);
    if (entity_.storage == Storage::mongo && !is_acknowledged) {
        throw platform::StoreUnavailable(call(name), "written, but not acknowledged by a majority");
    }
    return outcomes;
}

std::vector<WriteOutcome> FakeEntityStore::insert(std::span<const ChildInsert> children) {
    return write<ChildInsert>("insert", children, &FakeEntityStore::insert_one);
}

std::vector<WriteOutcome> FakeEntityStore::update(std::span<const ChildUpdate> updates) {
    return write<ChildUpdate>("update", updates, &FakeEntityStore::update_one);
}

std::vector<EntityStore::LoginOwner> FakeEntityStore::logins_in_use(std::span<const std::string> logins) {
    const std::set<std::string, std::less<>> wanted(logins.begin(), logins.end());
    return world_.perform(runner_, call("logins_in_use"), [&](FakeWorld::Data& data) {
        std::vector<LoginOwner> owners;
        Documents scratch;
        for (const auto& [key, document] : data.visible(entity_.name, scratch)) {
            const auto login = document.view().find("login");
            const auto id = document.view().find("_id");
            if (login && login->is_string() && wanted.contains(login->string())) {
                owners.push_back({std::string(login->string()),
                                  id->is_string() ? std::string(id->string()) : bson::to_extended_json(*id)});
            }
        }
        return owners;
    });
}

std::vector<EntityStore::Removal> FakeEntityStore::removed_since(const std::optional<Removal>& after,
                                                                 std::size_t count_max) {
    return world_.perform(runner_, call("removed_since"), [&](FakeWorld::Data& data) {
        std::set<std::pair<bson::Timestamp, std::string>> ahead;
        for (const auto& [id, removed_at] : data.removals[std::string(entity_.name)]) {
            if (!after || std::pair(removed_at, id) > std::pair(after->removed_at, after->id)) {
                ahead.emplace(removed_at, id);
            }
        }
        std::vector<Removal> removals;
        for (const auto& [removed_at, id] : ahead) {
            if (removals.size() < count_max) {
                removals.push_back({id, removed_at});
            }
        }
        return removals;
    });
}

std::vector<EntityStore::ParkLogin> FakeEntityStore::login_holders(std::span<const ParkLogin> logins) {
    return world_.perform(runner_, call("login_holders"), [&](FakeWorld::Data& data) {
        std::vector<ParkLogin> holders;
        if (entity_.name != "users") {
            return holders;
        }
        for (const auto& [key, document] : data.collections["users"]) {
            const std::string park = text_or_empty(document.view(), "park_id");
            const std::string login = text_or_empty(document.view(), "login");
            if (std::ranges::any_of(logins,
                                    [&](const ParkLogin& one) { return one.park_id == park && one.login == login; })) {
                holders.push_back({park, login, text_or_empty(document.view(), "_id")});
            }
        }
        return holders;
    });
}

std::int64_t FakeEntityStore::server_time_ms() {
    return world_.perform(runner_, call("server_time_ms"), [](const FakeWorld::Data& data) { return data.now_ms; });
}

std::int64_t FakeEntityStore::estimated_count() {
    return world_.perform(runner_, call("estimated_count"), [&](FakeWorld::Data& data) {
        Documents scratch;
        return static_cast<std::int64_t>(data.visible(entity_.name, scratch).size());
    });
}

FakeUniqueDriverStore::FakeUniqueDriverStore(FakeWorld& world, std::string runner)
    : world_(world), runner_(std::move(runner)) {}

namespace {

std::string_view text_in(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    return element && element->is_string() ? element->string() : std::string_view();
}

bool stands_for(const bson::Element& entry, const DriverProfile& profile) {
    return entry.type == bson::Type::document && text_in(entry.document(), "driver_id") == profile.driver_id.value();
}

/// How often the driver stands in a record, and how often as he should.
struct Occurrences {
    std::size_t all = 0;
    std::size_t right = 0;
};

Occurrences occurrences_in(bson::View record, const domain::AppFamily& family, const DriverProfile& profile) {
    Occurrences found;
    const auto profiles = record.find("profiles");
    if (!profiles || profiles->type != bson::Type::array) {
        return found;
    }
    for (const bson::Element& entry : profiles->document()) {
        if (stands_for(entry, profile)) {
            ++found.all;
            const bool is_right = text_in(entry.document(), "park_id") == profile.park_id.value() &&
                                  text_in(entry.document(), "app_family") == family.name;
            found.right += is_right ? 1 : 0;
        }
    }
    return found;
}

/// `family`: nullptr to leave the driver out.
bson::Document with_profile(bson::View record, const domain::AppFamily* family, const DriverProfile& profile) {
    bson::Builder builder;
    for (const bson::Element& element : record) {
        if (element.key != "profiles" && element.key != "updated_ts") {
            builder.copy(element);
        }
    }
    builder.begin_array("profiles");
    std::size_t count = 0;
    if (const auto profiles = record.find("profiles"); profiles && profiles->type == bson::Type::array) {
        for (const bson::Element& entry : profiles->document()) {
            if (!stands_for(entry, profile)) {
                builder.copy_as(std::to_string(count++), entry);
            }
        }
    }
    if (family != nullptr) {
        builder.begin_document(std::to_string(count));
        builder.string("park_id", profile.park_id.value());
        builder.string("driver_id", profile.driver_id.value());
        builder.string("app_family", family->name);
        builder.end();
    }
    builder.end();
    return builder.take();
}

}  // namespace

std::vector<std::size_t> FakeUniqueDriverStore::place_profiles(const domain::AppFamily& family,
                                                               std::span<const DriverProfile> profiles) {
    const std::string call = "unique_drivers.place_profiles";
    const Delivery delivery = world_.step(runner_, call, Phase::before);
    for (int times = delivery == Delivery::twice ? 2 : 1; times > 0; --times) {
        for (std::size_t i = 0; i < profiles.size(); ++i) {
            const DriverProfile& profile = profiles[i];
            if (i > 0) {
                world_.step(runner_, call, Phase::within);
            }
            const auto is_home = [&](const bson::Document& record) {
                return !profile.license.empty() && text_in(record.view(), "license") == profile.license;
            };
            world_.atomically([&](FakeWorld::Data& data) {
                if (profile.license.empty()) {
                    return;
                }
                Documents& records = data.collections["unique_drivers"];
                auto record = std::ranges::find_if(records, [&](const auto& entry) { return is_home(entry.second); });
                if (record == records.end()) {
                    std::string id = std::to_string(++data.unique_driver_ids);
                    id.insert(0, 32 - id.size(), '0');
                    bson::Builder builder;
                    builder.string("_id", id).string("license", profile.license).date("created_date", data.now_ms);
                    record = records.emplace(id_key(id), builder.take()).first;
                }
                const Occurrences found = occurrences_in(record->second.view(), family, profile);
                if (found.all != 1 || found.right != 1) {
                    record->second =
                        stamped(with_profile(record->second.view(), &family, profile), world_.next_timestamp(data));
                }
            });
            if (profile.has_new_id) {
                continue;
            }
            // Two documents, so somebody may be killed in between.
            world_.step(runner_, call, Phase::within);
            world_.atomically([&](FakeWorld::Data& data) {
                for (auto& [id, record] : data.collections["unique_drivers"]) {
                    if (!is_home(record) && occurrences_in(record.view(), family, profile).all > 0) {
                        record = stamped(with_profile(record.view(), nullptr, profile), world_.next_timestamp(data));
                    }
                }
            });
        }
    }
    world_.step(runner_, call, Phase::after);
    return {};
}

std::vector<ProfilePlace> FakeUniqueDriverStore::find_profiles(const domain::AppFamily& family,
                                                               std::span<const DriverProfile> profiles) {
    return world_.perform(runner_, "unique_drivers.find_profiles", [&](FakeWorld::Data& data) {
        std::vector<ProfilePlace> places;
        for (const DriverProfile& profile : profiles) {
            Occurrences at_home;
            std::size_t elsewhere = 0;
            for (const auto& [id, record] : data.collections["unique_drivers"]) {
                const Occurrences found = occurrences_in(record.view(), family, profile);
                if (!profile.license.empty() && text_in(record.view(), "license") == profile.license) {
                    at_home.all += found.all;
                    at_home.right += found.right;
                } else {
                    elsewhere += found.all;
                }
            }
            if (at_home.all + elsewhere == 0) {
                places.push_back(profile.license.empty() ? ProfilePlace::right : ProfilePlace::missing);
            } else if (at_home.all == 0) {
                places.push_back(ProfilePlace::in_wrong_record);
            } else if (at_home.all + elsewhere > 1) {
                places.push_back(ProfilePlace::twice);
            } else {
                places.push_back(at_home.right == 1 ? ProfilePlace::right : ProfilePlace::wrong_content);
            }
        }
        return places;
    });
}

}  // namespace twinfleet::mirroring::testing

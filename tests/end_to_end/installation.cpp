#include "tests/end_to_end/installation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "platform/errors/store_error.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/loopback_port.hpp"
#include "tests/support/source_tree.hpp"

namespace twinfleet::end_to_end {
namespace {

using mirroring::QuarantineEntry;
using mirroring::testing::FakeWorld;
using mirroring::testing::Fleet;

struct Place {
    std::string database;
    std::string collection;
};

const std::map<std::string, Place>& places() {
    static const std::map<std::string, Place> all{
        {"parks", {"dbparks", "parks"}},
        {"work_rules", {"dbparks", "work_rules"}},
        {"cars", {"dbcars", "cars"}},
        {"drivers", {"dbdrivers", "drivers"}},
        {"unique_drivers", {"dbtaxi", "unique_drivers"}},
    };
    return all;
}

const std::vector<std::string> linked_entities{"parks", "work_rules", "cars", "drivers"};
constexpr const char* family = "vezet";

std::filesystem::path new_folder() {
    std::string name = std::filesystem::temp_directory_path() / "twinfleet-end-to-end-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp");
    }
    return name;
}

/// Readers see the old file or the new one, never half of it.
void write_file(const std::filesystem::path& path, std::string_view text) {
    const std::filesystem::path unfinished = path.string() + ".new";
    std::ofstream(unfinished) << text;
    // Of a file of service tokens the programs want it.
    std::filesystem::permissions(unfinished, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::filesystem::rename(unfinished, path);
}

bson::Document id_filter(const std::string& id) {
    return bson::Builder().string("_id", id).take();
}

std::vector<std::string> database_names(const mongo::Pool& pool) {
    const auto answer = pool.command("admin", bson::Builder().int32("listDatabases", 1).take());
    std::vector<std::string> names;
    const auto databases = answer.view().find("databases");
    for (const auto& database : databases.value().document()) {
        names.emplace_back(database.document().find("name").value().string());
    }
    return names;
}

std::vector<std::string> collection_names(const mongo::Pool& pool, const std::string& database) {
    const auto answer = pool.command(database, bson::Builder().int32("listCollections", 1).take());
    std::vector<std::string> names;
    const bson::View cursor = answer.view().find("cursor").value().document();
    const auto batch = cursor.find("firstBatch");
    for (const auto& collection : batch.value().document()) {
        names.emplace_back(collection.document().find("name").value().string());
    }
    return names;
}

/// The embedded server breaks the connection when a document changes while it is being sent, and a server that was
/// restarted leaves broken connections behind.
template <typename Read>
auto read_until_answered(const Read& read) {
    constexpr int attempts = 50;
    for (int attempt = 1;; ++attempt) {
        try {
            return read();
        } catch (const platform::StoreUnavailable&) {
            if (attempt == attempts) {
                throw;
            }
        }
    }
}

std::vector<bson::Document> all_of(const mongo::Collection& collection) {
    return read_until_answered([&] {
        std::vector<bson::Document> documents;
        auto cursor = collection.find(bson::View());
        while (const auto document = cursor.next()) {
            documents.emplace_back(*document);
        }
        return documents;
    });
}

/// An update after which `updated_ts` is the server's time.
bson::Document stamped(std::string_view change, const bson::Document& fields) {
    return bson::Builder()
        .document(change, fields)
        .document("$currentDate", bson::from_json(R"({"updated_ts": {"$type": "timestamp"}})"))
        .take();
}

mirroring::LinkState state_of(const std::string& state) {
    using mirroring::LinkState;
    static const std::map<std::string, LinkState> states{
        {"reserved", LinkState::reserved}, {"linked", LinkState::linked}, {"retired", LinkState::retired}};
    return states.at(state);
}

}  // namespace

std::filesystem::path built_program(std::string_view name) {
    const char* folder = std::getenv("TWINFLEET_BIN_DIR");
    return (folder != nullptr && *folder != '\0' ? std::filesystem::path(folder)
                                                 : twinfleet::testing::source_tree() / "build/bin") /
           name;
}

Installation::Installation(Stores stores)
    : stores_(std::move(stores)), folder_(new_folder()), pool_({.uri = stores_.mongo_uri}) {
    for (const std::string& database : database_names(pool_)) {
        static_cast<void>(pool_.command(database, bson::Builder().int32("dropDatabase", 1).take()));
    }
    configure("");
    enable_cities({});
}

Installation::~Installation() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

template <typename... Parameters>
pqxx::result Installation::query(const std::string& sql, const Parameters&... parameters) const {
    const auto ask = [&] {
        if (!postgres_) {
            postgres_.emplace(stores_.postgres_dsn);
        }
        return pqxx::nontransaction(*postgres_).exec_params(sql, parameters...);
    };
    try {
        return ask();
    } catch (const pqxx::broken_connection&) {
        // The server was restarted.
        postgres_.reset();
        return ask();
    }
}

void Installation::configure(std::string_view yaml) {
    write_file(folder_ / "config.yaml", yaml);
}

void Installation::enable_cities(const std::vector<std::string>& cities) {
    std::string set;
    for (const std::string& city : cities) {
        set += (set.empty() ? "" : ", ") + city;
    }
    std::string yaml = "fleet_mirror_enabled:\n  default: {enabled: false}\n";
    if (!cities.empty()) {
        yaml += "  clauses:\n    - title: cities\n      predicate: {type: in_set, arg: city_id, set: [" + set +
                "]}\n      value: {enabled: true}\n";
    }
    write_typed_configs(yaml);
    cities_ = cities;
}

void Installation::write_typed_configs(std::string_view yaml) {
    write_file(folder_ / "typed_configs.yaml", yaml);
}

mongo::Collection Installation::collection(const std::string& entity) const {
    const Place& place = places().at(entity);
    return pool_.collection(place.database, place.collection);
}

void Installation::update(const std::string& entity, const bson::Element& id, bson::View operators, bool upsert) {
    auto bulk = collection(entity).bulk();
    bulk.update_one(bson::Builder().copy_as("_id", id).take(), operators, upsert);
    const auto result = bulk.execute();
    if (!result.errors.empty()) {
        throw std::runtime_error("the test's own write was refused: " + result.errors.front().message);
    }
}

void Installation::note_put(const std::string& entity, const bson::Element& id) {
    auto stored =
        read_until_answered([&] { return collection(entity).find_one(bson::Builder().copy_as("_id", id).take()); });
    as_put_[entity][bson::to_extended_json(id)] = stored.value();
}

void Installation::put(const std::string& entity, bson::View document) {
    const bson::Element id = document.find("_id").value();
    update(entity, id, stamped("$set", without(document, "_id")), true);
    note_put(entity, id);
}

void Installation::put(const std::string& entity, const std::string& id, std::string_view fields) {
    put(entity, with(id_filter(id), fields));
}

void Installation::put(const Documents& documents) {
    for (const auto& [entity, list] : documents) {
        auto bulk = collection(entity).bulk();
        for (const bson::Document& document : list) {
            bulk.update_one(bson::Builder().copy(document.view().find("_id").value()).take(),
                            stamped("$set", without(document, "_id")), true);
        }
        if (!bulk.execute().errors.empty()) {
            throw std::runtime_error("the test's own writes were refused");
        }
        std::map<std::string, bool> written;
        for (const bson::Document& document : list) {
            written[bson::to_extended_json(document.view().find("_id").value())] = true;
        }
        for (bson::Document& document : this->documents(entity)) {
            const std::string id = bson::to_extended_json(document.view().find("_id").value());
            if (written.contains(id)) {
                as_put_[entity][id] = std::move(document);
            }
        }
    }
}

void Installation::put_as_is(const std::string& entity, bson::View document) {
    auto bulk = collection(entity).bulk();
    bulk.insert(document);
    if (!bulk.execute().errors.empty()) {
        throw std::runtime_error("the test's own insertion was refused");
    }
    note_put(entity, document.find("_id").value());
}

void Installation::remove_field(const std::string& entity, const std::string& id, std::string_view field) {
    const bson::Document filter = id_filter(id);
    update(entity, filter.view().find("_id").value(), stamped("$unset", bson::Builder().string(field, "").take()),
           false);
    note_put(entity, filter.view().find("_id").value());
}

void Installation::erase(const std::string& entity, const std::string& id) {
    remove(entity, id);
    const bson::Document filter = id_filter(id);
    as_put_[entity].erase(bson::to_extended_json(filter.view().find("_id").value()));
}

void Installation::edit(const std::string& entity, const std::string& id, std::string_view fields) {
    const bson::Document filter = id_filter(id);
    update(entity, filter.view().find("_id").value(), stamped("$set", bson::from_json(fields)), false);
}

void Installation::insert(const std::string& entity, std::string_view document) {
    auto bulk = collection(entity).bulk();
    bulk.insert(bson::from_json(document));
    if (!bulk.execute().errors.empty()) {
        throw std::runtime_error("the test's own insertion was refused");
    }
}

void Installation::remove(const std::string& entity, const std::string& id) {
    auto bulk = collection(entity).bulk();
    bulk.remove_one(id_filter(id));
    if (bulk.execute().removed != 1) {
        throw std::runtime_error("no document to remove");
    }
}

testing::Command Installation::command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--config", folder_ / "config.yaml"});
    return {.program = built_program("fleet-synchronizer"),
            .arguments = std::move(arguments),
            .environment = {{"FLEET_MONGO_URI", stores_.mongo_uri},
                            {"FLEET_POSTGRES_DSN", stores_.postgres_dsn},
                            {"FLEET_TYPED_CONFIGS", folder_ / "typed_configs.yaml"},
                            {"FLEET_LISTEN", ""},
                            {"FLEET_MONITOR_LISTEN", ""},
                            {"FLEET_SERVICE_TOKENS", ""},
                            {"FLEET_SERVICE_TOKEN", ""},
                            {"FLEET_ACCESS_CONTROL_URL", ""},
                            {"FLEET_DRIVER_PROTOCOL_URL", ""}}};
}

Installation::Service Installation::serve(std::uint16_t api_port) const {
    const std::uint16_t monitor_port = testing::free_loopback_port();
    testing::Command command = this->command({"serve"});
    command.environment["FLEET_MONITOR_LISTEN"] = "127.0.0.1:" + std::to_string(monitor_port);
    if (api_port == 0) {
        api_port = testing::free_loopback_port();
    }
    command.environment["FLEET_LISTEN"] = "127.0.0.1:" + std::to_string(api_port);
    command.environment["FLEET_SERVICE_TOKENS"] = folder_ / "service_tokens.yaml";
    // SHA-256 of `token` and of `token_for_links`.
    write_file(folder_ / "service_tokens.yaml",
               "tokens:\n"
               "  - {name: test, sha256: 1bdfa399a64dcf61e3c97ef2743788084bd6c4fe7278c7901104ff3fdb3ec439,\n"
               "     endpoints: [\"*\"]}\n"
               "  - {name: links, sha256: ea6458b7202059d76b83f4b735ec1b2f44f9fafc44526a31f6ef8ac0d76d6e0a,\n"
               "     endpoints: [\"GET /v1/links/*\", \"POST /v1/links/*\"]}\n");
    Program program(command);
    const auto is_ready = [&] {
        const auto answer = testing::http_get(monitor_port, "/ready");
        return answer && answer->status == 200;
    };
    if (!program.reaches(is_ready, 20s)) {
        throw std::runtime_error("serve does not become ready; it said:\n" + program.out() + program.error());
    }
    return {.program = std::move(program), .api_port = api_port, .monitor_port = monitor_port};
}

std::vector<bson::Document> Installation::documents(const std::string& entity) const {
    return all_of(collection(entity));
}

std::optional<bson::Document> Installation::document(const std::string& entity, const std::string& id) const {
    return read_until_answered([&] { return collection(entity).find_one(id_filter(id)); });
}

std::string Installation::child_id(const std::string& entity, const std::string& parent_id) const {
    const auto rows =
        query("SELECT child_id FROM fleet_sync." + entity + " WHERE family = $1 AND parent_id = $2", family, parent_id);
    return rows.empty() ? std::string() : rows.front()["child_id"].c_str();
}

bson::Document Installation::child(const std::string& entity, const std::string& parent_id) const {
    auto found = document(entity, child_id(entity, parent_id));
    if (!found) {
        throw std::runtime_error(parent_id + " has no child");
    }
    return *std::move(found);
}

std::string Installation::link_state(const std::string& entity, const std::string& parent_id) const {
    const auto rows =
        query("SELECT state FROM fleet_sync." + entity + " WHERE family = $1 AND parent_id = $2", family, parent_id);
    return rows.empty() ? std::string() : rows.front()["state"].c_str();
}

std::size_t Installation::links() const {
    std::string sql;
    for (const std::string& entity : linked_entities) {
        sql += (sql.empty() ? "SELECT " : " + ") + ("(SELECT count(*) FROM fleet_sync." + entity) + ")";
    }
    return query(sql).front().front().as<std::size_t>();
}

std::map<std::string, std::vector<std::string>> Installation::everything() const {
    std::map<std::string, std::vector<std::string>> content;
    for (const std::string& database : database_names(pool_)) {
        for (const std::string& name : collection_names(pool_, database)) {
            std::vector<std::string>& lines = content[database + "." + name];
            for (const bson::Document& document : all_of(pool_.collection(database, name))) {
                lines.push_back(bson::to_extended_json(document.view()));
            }
            std::ranges::sort(lines);
        }
    }
    const auto tables = query(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = 'fleet_sync' AND table_name <> 'job_runs'");
    for (const auto& table : tables) {
        const std::string name = "fleet_sync." + table.front().as<std::string>();
        std::vector<std::string>& lines = content[name];
        for (const auto& row : query("SELECT t::text FROM " + name + " t")) {
            lines.emplace_back(row.front().c_str());
        }
        std::ranges::sort(lines);
    }
    return content;
}

std::vector<boost::json::object> Installation::quarantine() const {
    const Ended listed = run({"quarantine", "list", "--json"});
    if (listed.exit_code != 0) {
        throw std::runtime_error("quarantine list ended with " + std::to_string(listed.exit_code) + ": " +
                                 listed.error);
    }
    return testing::json_lines(listed.out);
}

Expectations Installation::expectations() const {
    Expectations expectations;
    expectations.family = family;
    expectations.is_enabled = [cities = cities_](bson::View park) {
        const auto city = park.find("city_id");
        return city && city->is_string() && std::ranges::find(cities, city->string()) != cities.end();
    };
    expectations.as_put.emplace();
    for (const auto& [entity, documents] : as_put_) {
        for (const auto& [id, document] : documents) {
            (*expectations.as_put)[entity].push_back(document);
        }
    }
    return expectations;
}

std::vector<mirroring::testing::Violation> Installation::violations(const Expectations& expectations) const {
    Fleet fleet;
    for (const auto& [entity, place] : places()) {
        fleet.documents[entity] = documents(entity);
    }
    for (const std::string& entity : linked_entities) {
        const auto rows = query(
            "SELECT family, parent_id, parent_park_id, child_id, child_park_id, state "
            "FROM fleet_sync." +
            entity);
        for (const auto& row : rows) {
            mirroring::Link link;
            link.parent_id = domain::ParentId(row["parent_id"].c_str());
            link.parent_park_id = domain::ParentParkId(row["parent_park_id"].c_str());
            link.child_id = domain::ChildId(row["child_id"].c_str());
            link.child_park_id = domain::ChildParkId(row["child_park_id"].c_str());
            link.state = state_of(row["state"].c_str());
            fleet.links[entity].push_back({.family = row["family"].c_str(), .link = std::move(link)});
        }
    }
    for (const auto& line : quarantine()) {
        QuarantineEntry entry;
        entry.id = count(line, "id");
        entry.entity = text(line, "entity");
        entry.family = text(line, "family");
        entry.parent.parent_id = text(line, "parent_id");
        const auto& park_id = line.at("parent_park_id");
        entry.parent.parent_park_id = park_id.is_null() ? std::string() : text(line, "parent_park_id");
        entry.parent.reason = text(line, "reason");
        fleet.quarantine.push_back(std::move(entry));
    }
    return mirroring::testing::check(fleet, expectations);
}

std::map<std::string, boost::json::object> by_job(std::string_view out) {
    std::map<std::string, boost::json::object> jobs;
    for (boost::json::object& line : testing::json_lines(out)) {
        if (!line.contains("job")) {
            continue;
        }
        std::string job = text(line, "job");
        if (!jobs.emplace(job, std::move(line)).second) {
            throw std::runtime_error("two lines for job " + job);
        }
    }
    return jobs;
}

std::int64_t count(const boost::json::object& line, std::string_view key) {
    return line.at(key).to_number<std::int64_t>();
}

std::string text(const boost::json::object& line, std::string_view key) {
    const auto& value = line.at(key);
    return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
}

std::string field(bson::View document, std::string_view key) {
    const auto found = document.find(key);
    return found ? bson::to_extended_json(*found) : "absent";
}

testing::EmbeddedMongo& shared_mongo() {
    static testing::EmbeddedMongo server;
    return server;
}

EndToEndTest::EndToEndTest() : installation_({.mongo_uri = shared_mongo().uri(), .postgres_dsn = postgres_.dsn()}) {
    const Ended migrated = installation_.run({"migrate"});
    if (migrated.exit_code != 0) {
        throw std::runtime_error("migrate ended with " + std::to_string(migrated.exit_code) + ": " + migrated.error);
    }
}

}  // namespace twinfleet::end_to_end

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "capabilities/mirroring/testing/checker.hpp"
#include "platform/mongo/client.hpp"
#include "tests/end_to_end/fleet.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::end_to_end {

using mirroring::testing::Expectations;
using testing::Ended;
using testing::Program;
using namespace std::chrono_literals;

/// Where a program was built to: in the folder that TWINFLEET_BIN_DIR names, else in build/bin/.
[[nodiscard]] std::filesystem::path built_program(std::string_view name);

/// fleet-synchronizer with its stores and files: what the rest of the platform does to them, what the program is asked
/// for, and what can be seen then. Nothing here knows how the program works.
class Installation {
public:
    struct Stores {
        std::string mongo_uri;
        std::string postgres_dsn;
    };

    /// Empties MongoDB; PostgreSQL has to be empty. No city is enabled.
    explicit Installation(Stores stores);
    ~Installation();
    Installation(const Installation&) = delete;
    Installation& operator=(const Installation&) = delete;

    // Files.

    /// What is to differ from the configuration that ships, as YAML. For programs that start from now on.
    void configure(std::string_view yaml);
    /// These and no others.
    void enable_cities(const std::vector<std::string>& cities);
    void write_typed_configs(std::string_view yaml);
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
    [[nodiscard]] const Stores& stores() const noexcept { return stores_; }

    // Writes by the rest of the platform, which own the parents: the checker notices when anybody else changes them.

    /// Sets these fields, in a new document where there is none, and the server sets `updated_ts`. `entity` is one of
    /// those that are stored in MongoDB, or `unique_drivers`.
    void put(const std::string& entity, bson::View document);
    void put(const std::string& entity, const std::string& id, std::string_view fields);
    void put(const Documents& documents);
    /// Inserts it as it stands, `updated_ts` included.
    void put_as_is(const std::string& entity, bson::View document);
    void remove_field(const std::string& entity, const std::string& id, std::string_view field);
    void erase(const std::string& entity, const std::string& id);

    // Edits behind the mirror's back: fields of children, documents in child parks.

    void edit(const std::string& entity, const std::string& id, std::string_view fields);
    void insert(const std::string& entity, std::string_view document);
    void remove(const std::string& entity, const std::string& id);

    // The program.

    [[nodiscard]] testing::Command command(std::vector<std::string> arguments) const;
    [[nodiscard]] Program start(std::vector<std::string> arguments) const {
        return Program(command(std::move(arguments)));
    }
    [[nodiscard]] Ended run(std::vector<std::string> arguments) const {
        return testing::run(command(std::move(arguments)));
    }
    /// `serve` on free ports, when it says that it is ready. Throws std::runtime_error when that does not come about.
    struct Service {
        Program program;
        std::uint16_t api_port;
        std::uint16_t monitor_port;
    };
    /// A service token that is let in everywhere, and one for links alone.
    static constexpr const char* token = "end-to-end";
    static constexpr const char* token_for_links = "links-only";
    /// `api_port` 0: a free one.
    [[nodiscard]] Service serve(std::uint16_t api_port = 0) const;

    // What is to be seen.

    [[nodiscard]] std::vector<bson::Document> documents(const std::string& entity) const;
    [[nodiscard]] std::optional<bson::Document> document(const std::string& entity, const std::string& id) const;
    /// The id of the child; empty when there is no link. Here and below the family is vezet unless one is named.
    [[nodiscard]] std::string child_id(const std::string& entity, const std::string& parent_id) const;
    /// Throws std::runtime_error when there is none.
    [[nodiscard]] bson::Document child(const std::string& entity, const std::string& parent_id) const;
    /// Empty when there is none.
    [[nodiscard]] std::string link_state(const std::string& entity, const std::string& parent_id) const;
    /// Of all entities, whatever their state.
    [[nodiscard]] std::size_t links() const;
    /// As Extended JSON or text, sorted, by collection or table: everything but `job_runs`.
    [[nodiscard]] std::map<std::string, std::vector<std::string>> everything() const;
    /// One line for each.
    [[nodiscard]] std::vector<boost::json::object> quarantine() const;

    /// All parks of the enabled cities are expected; a full pass came last; parents are as put.
    [[nodiscard]] Expectations expectations() const;
    /// What the independent checker finds; nobody may write meanwhile.
    [[nodiscard]] std::vector<mirroring::testing::Violation> violations(const Expectations& expectations) const;
    [[nodiscard]] std::vector<mirroring::testing::Violation> violations() const { return violations(expectations()); }

private:
    template <typename... Parameters>
    pqxx::result query(const std::string& sql, const Parameters&... parameters) const;
    [[nodiscard]] mongo::Collection collection(const std::string& entity) const;
    void update(const std::string& entity, const bson::Element& id, bson::View operators, bool upsert);
    void note_put(const std::string& entity, const bson::Element& id);

    Stores stores_;
    std::filesystem::path folder_;
    mongo::Pool pool_;
    mutable std::optional<pqxx::connection> postgres_;
    std::vector<std::string> cities_;
    /// By entity and Extended JSON of `_id`: as the platform left them.
    std::map<std::string, std::map<std::string, bson::Document>> as_put_;
};

/// Of the jobs' lines of `run --json`, by job. Throws when one is there twice.
[[nodiscard]] std::map<std::string, boost::json::object> by_job(std::string_view out);
[[nodiscard]] std::int64_t count(const boost::json::object& line, std::string_view key);
[[nodiscard]] std::string text(const boost::json::object& line, std::string_view key);
/// A field as Extended JSON; "absent" where there is none.
[[nodiscard]] std::string field(bson::View document, std::string_view key);

/// A server for the tests of this program, one after another.
[[nodiscard]] testing::EmbeddedMongo& shared_mongo();

/// Fresh, migrated stores for each test.
class EndToEndTest : public ::testing::Test {
protected:
    EndToEndTest();

    testing::PostgresDatabase postgres_;
    Installation installation_;
};

MATCHER_P(EndsWith, exit_code, "ends with exit code " + std::to_string(exit_code)) {
    *result_listener << "which ended with " << arg.exit_code << " and said\n" << arg.out << arg.error;
    return arg.exit_code == exit_code;
}

}  // namespace twinfleet::end_to_end

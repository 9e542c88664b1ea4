// Exit codes, and what is said besides.
#include <csignal>
#include <fstream>

#include <pqxx/pqxx>

#include "tests/end_to_end/installation.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CommandLineTest : public EndToEndTest {
protected:
    using Clock = std::chrono::steady_clock;

    std::filesystem::path write(const std::string& name, std::string_view text) const {
        auto path = installation_.folder() / name;
        std::ofstream(path) << text;
        return path;
    }
};

TEST_F(CommandLineTest, WrongUsageIsRefused) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"dance"},
        {"run"},
        {"run", "dance"},
        {"run", "parks", "--dance"},
        {"run", "parks", "--verify-children"},
        {"run", "parks", "--family", "nobody"},
        {"create-child", "driver", "--family", "vezet"},
        {"create-child", "driver", "--family", "nobody", "--parent-id", "x"},
        {"links", "get", "dances", "x"},
        {"quarantine", "drop", "x"},
        {"verify", "--family", "nobody"},
    };
    for (const auto& arguments : wrong) {
        const Ended ended = installation_.run(arguments);
        EXPECT_THAT(ended, EndsWith(2)) << ::testing::PrintToString(arguments);
        EXPECT_THAT(ended.out, IsEmpty());
        EXPECT_THAT(ended.error, Not(IsEmpty()));
    }
}

TEST_F(CommandLineTest, HelpAndVersionGoToStandardOutput) {
    for (const char* argument : {"--help", "--version"}) {
        const Ended ended = installation_.run({argument});
        EXPECT_THAT(ended, EndsWith(0));
        EXPECT_THAT(ended.out, HasSubstr("fleet-synchronizer"));
    }
}

TEST_F(CommandLineTest, ConfigurationErrorsNameFileKeyAndWhatWasExpected) {
    struct Case {
        const char* yaml;
        const char* key;
    };
    for (const auto& [yaml, key] : {Case{"pass:\n  batch_size: 5\n", "pass.batch_size"},
                                    Case{"pass:\n  batch_documents_max: many\n", "pass.batch_documents_max"},
                                    Case{"lease: 5\n", "lease"}, Case{"dance:\n  on: true\n", "dance"}}) {
        installation_.configure(yaml);
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"run", "parks"}, {"serve"}, {"migrate"}, {"verify"}}) {
            const Ended ended = installation_.run(arguments);
            EXPECT_THAT(ended, EndsWith(2)) << yaml;
            EXPECT_THAT(ended.error, HasSubstr("config.yaml"));
            EXPECT_THAT(ended.error, HasSubstr(key));
        }
        const auto file = write("checked.yaml", yaml);
        const Ended checked = installation_.run({"config", "check", file});
        EXPECT_THAT(checked, EndsWith(2)) << yaml;
        EXPECT_THAT(checked.out + checked.error, HasSubstr(key));
        EXPECT_THAT(checked.out + checked.error, HasSubstr("checked.yaml"));
    }
}

TEST_F(CommandLineTest, AMissingConfigurationIsRefused) {
    testing::Command command = installation_.command({"run", "parks"});
    command.arguments[1] = "/no/such/file.yaml";

    const Ended ended = testing::run(command);

    EXPECT_THAT(ended, EndsWith(2));
    EXPECT_THAT(ended.error, HasSubstr("/no/such/file.yaml"));
}

TEST_F(CommandLineTest, TheConfigurationThatShipsIsUsedWithoutOne) {
    testing::Command command = installation_.command({"run", "parks", "--json"});
    command.arguments.erase(command.arguments.begin(), command.arguments.begin() + 2);

    const Ended ended = testing::run(command);

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(text(by_job(ended.out).at("parks"), "family"), "vezet");
}

TEST_F(CommandLineTest, ConfigCheckApprovesOfAGoodFile) {
    const auto file = write("good.yaml", "pass:\n  batch_documents_max: 5\nfamilies:\n  - name: vezet\n");

    EXPECT_THAT(installation_.run({"config", "check", file}), EndsWith(0));
}

TEST_F(CommandLineTest, ConfigCheckRefusesWhateverServeRefuses) {
    struct Case {
        const char* variable;
        const char* value;
    };
    const auto file = write("checked.yaml", "");
    installation_.configure("");
    for (const auto& [variable, value] : {Case{"FLEET_SERVICE_TOKENS", "/no/such/tokens.yaml"},
                                          Case{"FLEET_TYPED_CONFIGS", "/no/such/typed_configs.yaml"},
                                          Case{"FLEET_ACCESS_CONTROL_URL", "http://127.0.0.1:http"},
                                          Case{"FLEET_ACCESS_CONTROL_URL", "ftp://127.0.0.1"}}) {
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"serve"}, {"config", "check", file}}) {
            testing::Command command = installation_.command(arguments);
            command.environment[variable] = value;

            const Ended ended = testing::run(command);

            EXPECT_THAT(ended, EndsWith(2)) << variable << " " << value << " " << arguments.front();
            EXPECT_THAT(ended.error, Not(IsEmpty()));
        }
    }
}

TEST_F(CommandLineTest, ABrokenConfigurationByCityIsRefused) {
    installation_.write_typed_configs(
        "fleet_mirror_enabled:\n  default: {enabled: false}\n  clauses:\n"
        "    - title: cities\n      predicate: {type: in_sett, arg: city_id, set: [Chicago]}\n      value: {enabled: "
        "true}\n");

    const Ended ended = installation_.run({"run", "parks"});

    EXPECT_THAT(ended, EndsWith(2));
    EXPECT_THAT(ended.error, HasSubstr("typed_configs.yaml"));
    EXPECT_THAT(ended.error, HasSubstr("in_sett"));
}

TEST_F(CommandLineTest, AMissingConfigurationByCityIsRefused) {
    std::filesystem::remove(installation_.folder() / "typed_configs.yaml");

    EXPECT_THAT(installation_.run({"run", "parks"}), EndsWith(2));
}

TEST_F(CommandLineTest, StoresThatCannotBeReachedAreSaidWithinTheTimeout) {
    const std::string port = std::to_string(testing::free_loopback_port());
    struct Case {
        const char* variable;
        std::string address;
    };
    for (const auto& [variable, address] :
         {Case{"FLEET_MONGO_URI", "mongodb://someone:hidden-word@127.0.0.1:" + port},
          Case{"FLEET_POSTGRES_DSN", "postgresql://someone:hidden-word@127.0.0.1:" + port + "/fleet"}}) {
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"run", "parks", "--timeout", "1"},
              {"verify", "--timeout", "1"},
              {"migrate", "--timeout", "1"},
              {"create-child", "driver", "--family", "vezet", "--parent-id", "x", "--timeout", "1"}}) {
            testing::Command command = installation_.command(arguments);
            command.environment[variable] = address;
            const auto began = Clock::now();

            const Ended ended = testing::run(command);

            EXPECT_THAT(ended, EndsWith(3)) << variable << " " << arguments.front();
            EXPECT_LT(Clock::now() - began, 5s) << variable << " " << arguments.front();
            EXPECT_THAT(ended.out + ended.error, Not(HasSubstr("hidden-word")));
        }
    }
}

TEST_F(CommandLineTest, AStoreThatWasNeverMigratedIsRefused) {
    testing::PostgresDatabase empty;
    testing::Command command = installation_.command({"run", "parks"});
    command.environment["FLEET_POSTGRES_DSN"] = empty.dsn();

    const Ended ended = testing::run(command);

    EXPECT_THAT(ended, EndsWith(2));
    EXPECT_THAT(ended.error, HasSubstr("run fleet-synchronizer migrate"));
}

TEST_F(CommandLineTest, AStoreThatANewerProgramMigratedIsRefused) {
    pqxx::connection connection(postgres_.dsn());
    pqxx::work transaction(connection);
    transaction.exec("INSERT INTO fleet_sync.schema_migrations (number, name, checksum) VALUES (9999, 'later', '')");
    transaction.commit();

    const Ended ended = installation_.run({"run", "parks"});

    EXPECT_THAT(ended, EndsWith(2));
    EXPECT_THAT(ended.error, HasSubstr("newer than this program"));
}

TEST_F(CommandLineTest, AJobThatAnotherProcessRunsIsLeftToIt) {
    installation_.configure("lease:\n  wait_ms: 500\n");
    // Unlike a `serve`, a command does not make room: here is one that lasts.
    pqxx::connection connection(postgres_.dsn());
    const auto execute = [&](const std::string& sql) {
        pqxx::work transaction(connection);
        transaction.exec(sql);
        transaction.commit();
    };
    execute(
        "INSERT INTO fleet_sync.job_leases (job, family, token, holder, acquired_at, expires_at)"
        " SELECT job, 'vezet', 1, 'somebody', now(), 'infinity'"
        " FROM unnest(ARRAY['parks', 'work_rules', 'cars', 'drivers']) AS job");
    for (const char* job : {"parks", "work_rules", "cars", "drivers", "all"}) {
        EXPECT_THAT(installation_.run({"run", job}), EndsWith(4)) << job;
    }
    // What writes nothing needs no lease.
    EXPECT_THAT(installation_.run({"run", "all", "--dry-run"}), EndsWith(0));
    EXPECT_THAT(installation_.run({"verify"}), EndsWith(0));

    execute("UPDATE fleet_sync.job_leases SET expires_at = '-infinity'");
    auto service = installation_.serve();
    service.program.signal(SIGTERM);
    EXPECT_THAT(service.program.wait(15s), EndsWith(0));
    // It gave its leases back.
    EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
}

TEST_F(CommandLineTest, AnInterruptedRunIsFinishedByTheNextOne) {
    installation_.enable_cities({"Chicago"});
    Documents fleet;
    for (int index = 0; index < 40; ++index) {
        add(fleet, park_with_drivers(park("park-" + std::to_string(index), "Chicago"), 30));
    }
    installation_.put(fleet);
    installation_.configure("pass:\n  batch_documents_max: 10\n");
    for (const int number : {SIGINT, SIGTERM}) {
        const std::size_t links_before = installation_.links();
        auto run = installation_.start({"run", "all", "--create-missing", "--json"});
        ASSERT_TRUE(run.reaches([&] { return installation_.links() > links_before + 100; }, 30s)) << run.error();
        // It must not come to its end before the signal does.
        shared_mongo().pause();
        run.signal(number);
        shared_mongo().resume();

        EXPECT_THAT(run.wait(10s), EndsWith(130));
    }
    ASSERT_LT(installation_.links(), 40U + 80U + 1200U + 1200U);

    // The leases were given back: no wait for them.
    const auto began = Clock::now();
    EXPECT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    EXPECT_LT(Clock::now() - began, 12s);
    EXPECT_EQ(installation_.links(), 40U + 80U + 1200U + 1200U);
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(CommandLineTest, SecretsAndPersonalDataAreNotLogged) {
    installation_.enable_cities({"Chicago"});
    Documents fleet = park_with_drivers(park("one", "Chicago"), 2);
    installation_.put(fleet);
    installation_.put("drivers", "one-driver-1", R"({"park_id": 7})");
    installation_.configure("log:\n  level: debug\n");

    std::string said;
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"run", "all", "--create-missing", "--full"}, {"quarantine", "list"}, {"verify"}}) {
        const Ended ended = installation_.run(arguments);
        said += ended.out + ended.error;
    }

    EXPECT_THAT(said, Not(HasSubstr("+7912")));
    EXPECT_THAT(said, Not(HasSubstr(license_of("one-driver-1"))));
    EXPECT_THAT(said, Not(HasSubstr("secret")));
    EXPECT_THAT(said, Not(HasSubstr(postgres_.dsn())));
}

}  // namespace
}  // namespace twinfleet::end_to_end

#include "platform/config/reader.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

namespace twinfleet::config {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

Environment environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const std::string& variable) -> std::optional<std::string> {
        const auto found = variables.find(variable);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

Reader reader(std::string_view text, std::vector<Override> overrides = {},
              std::map<std::string, std::string> variables = {}) {
    return Reader::from_text(text, "config.yaml", std::move(overrides), environment(std::move(variables)));
}

std::string finish_error(Reader root) {
    try {
        root.finish();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

std::string parse_error(std::string_view text) {
    try {
        auto root = reader(text);
        return "(parsed) " + finish_error(root);
    } catch (const Error& error) {
        return error.what();
    }
}

TEST(ConfigReader, FillsSettings) {
    auto root = reader(R"(
mongo:
  uri: mongodb://10.0.0.1
  connections_max: 12
  ratio: 0.25
  verbose: true
  interval_ms: 250
  ttl_s: 1.5
  hosts: [one, "2"]
  names: {vezet: Vezet, taximeter: "1"}
)");
    auto mongo = root.section("mongo");
    EXPECT_EQ(mongo.secret("uri"), "mongodb://10.0.0.1");
    std::uint32_t connections_max = 1;
    mongo.read("connections_max", connections_max, {.min = 1, .max = 12});
    EXPECT_EQ(connections_max, 12U);
    EXPECT_EQ(mongo.value<double>("ratio", 1), 0.25);
    EXPECT_TRUE(mongo.value<bool>("verbose", false));
    EXPECT_EQ(mongo.value<std::chrono::milliseconds>("interval_ms", 1s), 250ms);
    EXPECT_EQ(mongo.value<std::chrono::milliseconds>("ttl_s", 1s), 1'500ms);
    EXPECT_THAT(mongo.required<std::vector<std::string>>("hosts"), ElementsAre("one", "2"));
    EXPECT_THAT((mongo.required<std::map<std::string, std::string>>("names")),
                ElementsAre(Pair("taximeter", "1"), Pair("vezet", "Vezet")));
    EXPECT_EQ(finish_error(root), "");
}

TEST(ConfigReader, GivesFallbacksForWhatIsAbsent) {
    for (const auto* text : {"", "# nothing but a comment\n", "mongo:\n", "mongo: {}\n", "---\n"}) {
        auto root = reader(text);
        auto mongo = root.section("mongo");
        EXPECT_EQ(mongo.value<std::string>("uri", "here"), "here");
        EXPECT_EQ(mongo.find<int>("connections_max"), std::nullopt);
        EXPECT_EQ(mongo.value<std::chrono::seconds>("ttl_s", 7s), 7s);
        EXPECT_FALSE(mongo.has("uri"));
        EXPECT_EQ(finish_error(root), "") << text;
    }
}

TEST(ConfigReader, RefusesUnknownKeyAndNamesTheNearest) {
    auto root = reader("mongo:\n  uri: x\n  connection_max: 3\nlogging: 1\n");
    auto mongo = root.section("mongo");
    (void)mongo.value<std::string>("uri", "");
    (void)mongo.value<int>("connections_max", 1);
    EXPECT_EQ(finish_error(root),
              "config.yaml:3: mongo.connection_max: unknown key; did you mean \"connections_max\"?\n"
              "config.yaml:4: logging: unknown key");
}

TEST(ConfigReader, RefusesUnknownKeyInSectionsNobodyLookedInto) {
    auto root = reader("mongo:\n  uri: x\n");
    (void)root.section("mongo");
    EXPECT_EQ(finish_error(root), "config.yaml:2: mongo.uri: unknown key");
    auto other = reader("mongo:\n  uri: x\n");
    (void)other.at("mongo");
    EXPECT_EQ(finish_error(other), "config.yaml:2: mongo.uri: unknown key");
}

TEST(ConfigReader, RefusesWrongTypesAllAtOnce) {
    auto root = reader(R"(mongo:
  uri: 5
  connections_max: many
  verbose: yes
  ratio: .inf
  interval_ms: [1]
  hosts: one
  level: loud
  list:
    - 1
    - ok
)");
    auto mongo = root.section("mongo");
    EXPECT_EQ(mongo.value<std::string>("uri", "fallback"), "fallback");
    EXPECT_EQ(mongo.value<int>("connections_max", 4, {.min = 1, .max = 9}), 4);
    EXPECT_EQ(mongo.value<bool>("verbose", true), true);
    EXPECT_EQ(mongo.value<double>("ratio", 2), 2);
    EXPECT_EQ(mongo.value<std::chrono::milliseconds>("interval_ms", 3ms), 3ms);
    EXPECT_TRUE(mongo.required<std::vector<std::string>>("hosts").empty());
    EXPECT_EQ(mongo.choice("level", 7, {{"info", 1}, {"error", 2}}), 7);
    EXPECT_TRUE(mongo.required<std::vector<std::string>>("list").empty());
    EXPECT_EQ(finish_error(root),
              "config.yaml:2: mongo.uri: expected a text, found the number 5 (in quotes it would be a text)\n"
              "config.yaml:3: mongo.connections_max: expected a whole number from 1 to 9, found \"many\"\n"
              "config.yaml:4: mongo.verbose: expected true or false, found \"yes\"\n"
              "config.yaml:5: mongo.ratio: expected a number, found the number .inf\n"
              "config.yaml:6: mongo.interval_ms: expected a number of milliseconds of at least 0, found a list\n"
              "config.yaml:7: mongo.hosts: expected a list of texts, found \"one\"\n"
              "config.yaml:8: mongo.level: expected one of info, error, found \"loud\"\n"
              "config.yaml:10: mongo.list[0]: expected a text, found the number 1 (in quotes it would be a text)");
}

TEST(ConfigReader, RefusesAValueWhereASectionShouldBeAndTheOtherWayRound) {
    auto root = reader("mongo: hidden://user:password@host\npostgres:\n  dsn: {}\n");
    auto mongo = root.section("mongo");
    (void)mongo.value<std::string>("uri", "");
    auto postgres = root.section("postgres");
    (void)postgres.secret("dsn");
    EXPECT_EQ(finish_error(root),
              "config.yaml:1: mongo: expected a section, found a text\n"
              "config.yaml:3: postgres.dsn: expected a text, found a section");
}

TEST(ConfigReader, RefusesNullWhereAValueShouldBe) {
    auto root = reader("uri:\nport: ~\n");
    (void)root.value<std::string>("uri", "");
    (void)root.value<int>("port", 1);
    EXPECT_EQ(finish_error(root),
              "config.yaml:1: uri: expected a text, found nothing\n"
              "config.yaml:2: port: expected a whole number from -2147483648 to 2147483647, found nothing");
}

TEST(ConfigReader, SaysWhatIsMissing) {
    auto root = reader("mongo:\n  other: 1\nodd: 5\n");
    auto mongo = root.required_section("mongo");
    (void)mongo.required<std::string>("uri");
    (void)mongo.value<int>("other", 0);
    (void)root.section("redis").required<std::int64_t>("port", {.min = 1});
    EXPECT_EQ(finish_error(root),
              "config.yaml:1: mongo.uri: expected a text, found nothing\n"
              "config.yaml:1: redis.port: expected a whole number of at least 1, found nothing\n"
              "config.yaml:3: odd: unknown key");
}

TEST(ConfigReader, DoesNotMissTheKeysOfASectionThatIsNone) {
    auto root = reader("odd: 5\n");
    auto odd = root.at("odd");
    (void)odd.required<std::string>("uri");
    (void)odd.required<std::string>("name");
    (void)root.required_section("postgres").required<std::string>("dsn");
    EXPECT_EQ(finish_error(root),
              "config.yaml:1: odd: expected a section, found a number\n"
              "config.yaml:1: postgres: expected a section, found nothing");
}

TEST(ConfigReader, HoldsNumbersToTheirRange) {
    auto root = reader("a: 0\nb: 11\nc: 256\nd: -1\ne: 99999999999999999999\nf: 010\ng: 1.0\nh: +5\ni: 1e400\n");
    (void)root.value<int>("a", 1, {.min = 1, .max = 10});
    (void)root.value<int>("b", 1, {.min = 1, .max = 10});
    (void)root.value<std::uint8_t>("c", 1);
    (void)root.value<std::size_t>("d", 1);
    (void)root.value<std::int64_t>("e", 1);
    (void)root.value<int>("f", 1);
    (void)root.value<int>("g", 1);
    EXPECT_EQ(root.value<int>("h", 1), 5);
    (void)root.value<double>("i", 1);
    EXPECT_EQ(root.problem_count(), 8U);
    EXPECT_THAT(finish_error(root),
                HasSubstr("config.yaml:3: c: expected a whole number from 0 to 255, found the number 256"));
}

TEST(ConfigReader, ReadsDurationsInTheUnitOfTheirKey) {
    auto root = reader("a_us: 1500\nb_ms: 2\nc_s: 0.1\nd_min: 2\ne_h: 1\nf_d: 30\n");
    EXPECT_EQ(root.required<std::chrono::microseconds>("a_us"), 1'500us);
    EXPECT_EQ(root.required<std::chrono::nanoseconds>("b_ms"), 2ms);
    EXPECT_EQ(root.required<std::chrono::milliseconds>("c_s"), 100ms);
    EXPECT_EQ(root.required<std::chrono::seconds>("d_min"), 120s);
    EXPECT_EQ(root.required<std::chrono::minutes>("e_h"), 60min);
    EXPECT_EQ(root.required<std::chrono::seconds>("f_d"), 30 * 24h);
    EXPECT_EQ(finish_error(root), "");
}

TEST(ConfigReader, RefusesDurationsThatDoNotFit) {
    auto root = reader("a_ms: 1500\nb_s: -1\nc_s: 1e30\nd_s: 5\ne_s: soon\n");
    (void)root.value<std::chrono::seconds>("a_ms", 1s);
    (void)root.value<std::chrono::seconds>("b_s", 1s);
    (void)root.value<std::chrono::milliseconds>("c_s", 1s);
    (void)root.value<std::chrono::milliseconds>("d_s", 1s, {.min = 10s, .max = 60s});
    (void)root.value<std::chrono::milliseconds>("e_s", 1s);
    const auto text = finish_error(root);
    EXPECT_THAT(text,
                HasSubstr("config.yaml:1: a_ms: expected a multiple of 1000 milliseconds, found the number 1500"));
    EXPECT_THAT(text, HasSubstr("config.yaml:2: b_s: expected a number of seconds of at least 0, found the number -1"));
    EXPECT_THAT(text, HasSubstr("config.yaml:3: c_s: expected a number of seconds"));
    EXPECT_THAT(text, HasSubstr("config.yaml:4: d_s: expected a number of seconds from 10 to 60, found the number 5"));
    EXPECT_THAT(text, HasSubstr("config.yaml:5: e_s: expected a number of seconds of at least 0, found \"soon\""));
}

TEST(ConfigReader, InsistsOnAUnitInTheKeyOfADuration) {
    auto root = reader("");
    EXPECT_THROW((void)root.value<std::chrono::seconds>("interval", 1s), std::logic_error);
}

TEST(ConfigReader, ReadsListsOfSectionsAndMapsOfSections) {
    auto root =
        reader("tokens:\n  - {name: a}\n  - {name: b, nam: c}\nfamilies:\n  vezet:\n    agent: Vezet\n  extra: {}\n");
    std::vector<std::string> names;
    for (auto token : root.items("tokens")) {
        names.push_back(token.required<std::string>("name"));
    }
    EXPECT_THAT(names, ElementsAre("a", "b"));
    for (auto& [name, family] : root.section("families").entries()) {
        names.push_back(name);
        (void)family.required<std::string>("agent");
    }
    EXPECT_THAT(names, ElementsAre("a", "b", "vezet", "extra"));
    EXPECT_EQ(finish_error(root),
              "config.yaml:3: tokens[1].nam: unknown key; did you mean \"name\"?\n"
              "config.yaml:7: families.extra.agent: expected a text, found nothing");
}

TEST(ConfigReader, EnvironmentWinsOverTheFile) {
    const std::vector<Override> overrides = {{"FLEET_MONGO_URI", "mongo.uri"}, {"FLEET_LIMIT", "limit"}};
    auto root = reader("mongo: {uri: file}\nlimit: not a number\n", overrides,
                       {{"FLEET_MONGO_URI", "12"}, {"FLEET_LIMIT", "7"}});
    auto mongo = root.section("mongo");
    EXPECT_TRUE(mongo.has("uri"));
    EXPECT_EQ(mongo.value<std::string>("uri", ""), "12");
    EXPECT_EQ(root.value<int>("limit", 0), 7);
    EXPECT_EQ(finish_error(root), "");

    auto without_section = reader("", overrides, {{"FLEET_MONGO_URI", "variable"}});
    EXPECT_EQ(without_section.section("mongo").value<std::string>("uri", ""), "variable");
    (void)without_section.value<int>("limit", 0);
    EXPECT_EQ(finish_error(without_section), "");
}

TEST(ConfigReader, EmptyVariableCountsAsNotSet) {
    auto root = reader("uri: file\n", {{"FLEET_URI", "uri"}}, {{"FLEET_URI", ""}});
    EXPECT_EQ(root.value<std::string>("uri", ""), "file");
}

TEST(ConfigReader, NamesTheVariableInErrors) {
    auto root = reader("limit: 3\n", {{"FLEET_LIMIT", "limit"}, {"FLEET_TYPO", "lmit"}},
                       {{"FLEET_LIMIT", "x"}, {"FLEET_TYPO", "1"}});
    EXPECT_EQ(root.value<int>("limit", 5, {.min = 0, .max = 9}), 5);
    root.refuse("limit", "contradicts another setting");
    EXPECT_EQ(finish_error(root),
              "environment variable FLEET_LIMIT: limit: expected a whole number from 0 to 9, found \"x\"\n"
              "environment variable FLEET_LIMIT: limit: contradicts another setting\n"
              "environment variable FLEET_TYPO: lmit: unknown key");
}

TEST(ConfigReader, NeverShowsSecrets) {
    for (const auto* text :
         {"token: 123456\n", "token: [hunter2]\n", "token: {a: hunter2}\n", "token: true\n", "token:\n"}) {
        auto root = reader(text);
        (void)root.secret("token");
        const auto error = finish_error(root);
        EXPECT_THAT(error, HasSubstr("config.yaml:1: token: expected a text")) << text;
        EXPECT_THAT(error, Not(HasSubstr("hunter2")));
        EXPECT_THAT(error, Not(HasSubstr("123456")));
    }
    auto misplaced = reader("connections_max: mongodb://user:hunter2@host\n");
    (void)misplaced.value<int>("connections_max", 1);
    EXPECT_THAT(finish_error(misplaced), Not(HasSubstr("hunter2")));
    EXPECT_THAT(parse_error("token: \"abc\\qhunter2\"\n"), Not(HasSubstr("hunter2")));
    EXPECT_THAT(parse_error("token: *hunter2\n"), Not(HasSubstr("hunter2")));
}

TEST(ConfigReader, SaysWhereTheYamlIsBroken) {
    EXPECT_THAT(parse_error("a: 1\nb: [1, 2\n"), HasSubstr("config.yaml:3: expected YAML, found something else ("));
    EXPECT_THAT(parse_error("a: 1\n  b: 2\n"), HasSubstr("config.yaml:2: expected YAML"));
    EXPECT_THAT(parse_error("a: 1\n}\n"), HasSubstr("config.yaml:2: "));
    EXPECT_EQ(parse_error("- a\n"), "config.yaml:1: expected a map of keys at the top, found something else");
    EXPECT_EQ(parse_error("hello\n"), "config.yaml:1: expected a map of keys at the top, found something else");
    EXPECT_EQ(parse_error("a: 1\n---\nb: 2\n"), "config.yaml:2: expected one YAML document, found a second");
    EXPECT_EQ(parse_error("[a]: 1\n"), "config.yaml:1: expected a key, found something that is not a text");
    EXPECT_EQ(parse_error("a: !custom 1\n"), "config.yaml:1: expected a value without a YAML tag, found one with");
    EXPECT_EQ(parse_error("a: 1\nb: \xd0\n"), "config.yaml:2: expected UTF-8, found other bytes");
    EXPECT_EQ(parse_error("a: 1\nb: x\x04\nc: 1\n"), "config.yaml:2: expected a text, found the control character 4");
}

TEST(ConfigReader, RefusesAKeyThatStandsTwice) {
    auto root = reader("mongo:\n  uri: a\n  uri: b\nmongo: {}\n");
    EXPECT_EQ(root.section("mongo").value<std::string>("uri", ""), "a");
    EXPECT_EQ(finish_error(root),
              "config.yaml:3: mongo.uri: expected each key once, found it a second time\n"
              "config.yaml:4: mongo: expected each key once, found it a second time");
}

TEST(ConfigReader, UnderstandsWindowsLineEndsAndAnchors) {
    auto root = reader(
        "\xef\xbb\xbf"
        "a: &shared {x: 1}\r\nb: *shared\r\nc:\r\n  d: word\r\n");
    EXPECT_EQ(root.section("a").required<int>("x"), 1);
    EXPECT_EQ(root.section("b").required<int>("x"), 1);
    EXPECT_EQ(root.section("c").required<std::string>("d"), "word");
    EXPECT_EQ(finish_error(root), "");
    auto broken = reader("a: 1\r\n\r\nb: x\r\n");
    (void)broken.value<int>("a", 0);
    (void)broken.value<bool>("b", false);
    EXPECT_EQ(finish_error(broken), "config.yaml:3: b: expected true or false, found \"x\"");
}

TEST(ConfigReader, RefusesTextsThatStandForTooMuch) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        const auto name = "a" + std::to_string(i);
        const auto alias = "*a" + std::to_string(i - 1);
        bomb += name + ": &" + name + " [" + alias;
        for (int j = 0; j < 9; ++j) {
            bomb += ", " + alias;
        }
        bomb += "]\n";
    }
    EXPECT_THAT(parse_error(bomb), HasSubstr("too many or too deeply nested values"));
    EXPECT_THAT(parse_error("a: &a [*a]\n"), HasSubstr("found an alias of what it stands in"));
    EXPECT_THAT(parse_error("a: " + std::string(2'000, '[') + std::string(2'000, ']')), HasSubstr("config.yaml:1: "));
    EXPECT_THAT(parse_error("a: " + std::string(200, '[') + std::string(200, ']')), HasSubstr("too deeply nested"));
    EXPECT_THAT(parse_error(std::string(file_bytes_max + 1, '#')),
                HasSubstr("config.yaml: expected at most 1048576 bytes"));
    EXPECT_EQ(parse_error(std::string(file_bytes_max, '#')), "(parsed) ");
}

TEST(ConfigReader, KeepsMessagesShortAndOnOneLine) {
    auto root = reader("limit: \"a\\nb\\e[31m" + std::string(1'000, 'x') + "\"\n\"odd.key\\n\": 1\n");
    (void)root.value<int>("limit", 1);
    const auto text = finish_error(root);
    EXPECT_LT(text.size(), 400U);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    EXPECT_THAT(text, HasSubstr("config.yaml:2: [\"odd.key?\"]: unknown key"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));

    std::string many;
    for (int i = 0; i < 1'000; ++i) {
        many += "key" + std::to_string(i) + ": 1\n";
    }
    EXPECT_THAT(parse_error(many), HasSubstr("config.yaml: and 950 more problems"));
}

TEST(ConfigReader, CopiesShareOneListOfProblems) {
    auto root = reader("a: {b: x, c: y}\n");
    auto first = root.section("a");
    auto second = first;
    (void)first.value<int>("b", 0);
    (void)second.value<int>("c", 0);
    EXPECT_EQ(root.problem_count(), 2U);
}

class ConfigFile : public testing::Test {
protected:
    ConfigFile() {
        std::string pattern = (std::filesystem::temp_directory_path() / "config_test_XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~ConfigFile() override { std::filesystem::remove_all(folder_); }
    std::filesystem::path folder_;
};

TEST_F(ConfigFile, IsRead) {
    const auto path = folder_ / "config.yaml";
    std::ofstream(path) << "a: x\n";
    auto root = Reader::from_file(path);
    EXPECT_EQ(root.value<std::string>("a", ""), "x");
    root.finish();
}

TEST_F(ConfigFile, ThatIsMissingOrAFolderOrTooLargeIsRefused) {
    const auto error = [](const std::filesystem::path& path) -> std::string {
        try {
            (void)Reader::from_file(path);
        } catch (const Error& refused) {
            return refused.what();
        }
        return "";
    };
    EXPECT_EQ(error(folder_ / "none.yaml"), (folder_ / "none.yaml").string() + ": expected a file, found none");
    EXPECT_EQ(error(folder_), folder_.string() + ": expected a file, found a directory");
    std::ofstream(folder_ / "large.yaml") << std::string(file_bytes_max + 1, '#');
    EXPECT_THAT(error(folder_ / "large.yaml"), HasSubstr("expected at most 1048576 bytes, found more"));
}

RC_GTEST_PROP(ConfigReaderProperty, RefusesOrReadsAnyText, ()) {
    // Pieces that make YAML, so that most texts get past the first line.
    const auto piece = rc::gen::element<std::string>("a", "b: ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "\"", "'",
                                                     "&x ", "*x", "| ", "> ", "? ", ": ", "!", "#", "%", "---\n",
                                                     "...\n", "\r\n", "\t", "<<: ", "1", "~", "\xd0\xb8", "\xff");
    const auto pieces = *rc::gen::container<std::vector<std::string>>(piece);
    std::string text;
    for (const auto& part : pieces) {
        text += part;
    }
    try {
        auto root = reader(text);
        for (auto& [name, place] : root.entries()) {
            (void)place.itself<std::string>();
        }
        root.finish();
    } catch (const Error& error) {
        RC_ASSERT(!error.problems().empty());
        for (const auto& problem : error.problems()) {
            RC_ASSERT(problem.text().find('\n') == std::string::npos);
        }
    }
}

class SecretFileTest : public ::testing::Test {
protected:
    SecretFileTest() : path_(std::filesystem::temp_directory_path() / ("secret_test_" + std::to_string(getpid()))) {
        write("hidden-word\n");
    }
    ~SecretFileTest() override { std::filesystem::remove(path_); }

    void write(std::string_view text) const {
        std::ofstream(path_) << text;
        std::filesystem::permissions(path_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    /// The value of the key `token` with these variables, or what is wrong.
    [[nodiscard]] std::string token_with(std::map<std::string, std::string> variables, bool is_secret = true) const {
        try {
            auto root = Reader::from_text("token: in the file\n", "config.yaml",
                                          {{.variable = "TOKEN", .key = "token", .is_secret = is_secret}},
                                          environment(std::move(variables)));
            auto token = root.secret("token");
            root.finish();
            return token;
        } catch (const Error& error) {
            return error.what();
        }
    }

    const std::filesystem::path path_;
};

TEST_F(SecretFileTest, HoldsTheValueOfASecretVariable) {
    EXPECT_EQ(token_with({{"TOKEN_FILE", path_}}), "hidden-word");
    EXPECT_EQ(token_with({{"TOKEN_FILE", ""}}), "in the file");
    EXPECT_EQ(token_with({{"TOKEN_FILE", path_}}, false), "in the file") << "no variable without a secret has a twin";
    write("two\nlines\r\n");
    EXPECT_EQ(token_with({{"TOKEN_FILE", path_}}), "two\nlines");
}

TEST_F(SecretFileTest, IsRefusedWhereItCannotBeTrusted) {
    EXPECT_THAT(
        token_with({{"TOKEN_FILE", path_}, {"TOKEN", "hidden-word"}}),
        AllOf(HasSubstr("environment variable TOKEN_FILE: token: expected either"), Not(HasSubstr("hidden-word"))));
    EXPECT_THAT(token_with({{"TOKEN_FILE", "/no/such/file"}}), HasSubstr("/no/such/file: expected a file"));
    std::filesystem::permissions(path_, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    EXPECT_THAT(token_with({{"TOKEN_FILE", path_}}),
                AllOf(HasSubstr(path_.string() + ": "), HasSubstr("chmod o-rwx"), Not(HasSubstr("hidden-word"))));
    write("\n");
    EXPECT_THAT(token_with({{"TOKEN_FILE", path_}}), HasSubstr("found an empty one"));
}

TEST(HoldsSecret, TellsAddressesWithAPasswordFromOthers) {
    for (const auto* secret : {"redis://:word@host", "mongodb://user:word@a,b,c/?replicaSet=rs0", "a token",
                               "postgresql://user:w%40rd@host/db", "postgresql://host/db?user=u&password=word",
                               "host=h user=u password=word", "c2VjcmV0="}) {
        EXPECT_TRUE(holds_secret(secret)) << secret;
    }
    for (const auto* open : {"", "redis://127.0.0.1:6379/0", "mongodb://a:27017,b:27017/", "unix:///run/redis.sock",
                             "postgresql://user@host/db", "host=/run/postgresql dbname=twinfleet"}) {
        EXPECT_FALSE(holds_secret(open)) << open;
    }
}

TEST(SecretsInFile, AreRefusedAtTheirLines) {
    auto root =
        Reader::from_text("open: redis://127.0.0.1\ntoken: hidden-word\nmap: {key: hidden-word}\n", "config.yaml");
    (void)root.secret("open");
    (void)root.secret("token");
    (void)root.section("map").secret("key");
    root.refuse_secrets_in_file("close it");
    try {
        root.finish();
        ADD_FAILURE() << "nothing was refused";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "config.yaml:2: token: close it\nconfig.yaml:3: map.key: close it");
    }
}

}  // namespace
}  // namespace twinfleet::config

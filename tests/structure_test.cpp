// The layers of ARCHITECTURE.md hold because this test reads every include of src/.
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet {
namespace {

/// First two folders of a path below src/: {"platform", "mongo"}, {"capabilities", "mirroring"}.
struct Place {
    std::string layer;
    std::string part;
};

Place place_of(const std::string& path) {
    const auto first = path.find('/');
    const auto second = path.find('/', first + 1);
    return {path.substr(0, first), first == std::string::npos ? "" : path.substr(first + 1, second - first - 1)};
}

/// Why `file` may not include `included`, both relative to src/; nullopt when it may.
std::optional<std::string> objection(const std::string& file, const std::string& included) {
    const Place from = place_of(file);
    const Place to = place_of(included);
    static const std::map<std::string, std::set<std::string>> allowed{
        {"apps", {"apps", "capabilities", "clients", "domain", "platform"}},
        {"capabilities", {"capabilities", "clients", "domain", "platform"}},
        {"clients", {"clients", "domain", "platform"}},
        {"domain", {"domain"}},
        {"platform", {"platform"}},
    };
    const auto rule = allowed.find(from.layer);
    if (rule == allowed.end()) {
        return "no such layer: " + from.layer;
    }
    if (!rule->second.contains(to.layer)) {
        return from.layer + " may not include " + to.layer;
    }
    if (from.layer == "apps" && to.layer == "apps" && from.part != to.part) {
        return "an app may not include another app";
    }
    return std::nullopt;
}

/// What a file that is not an adapter may not include: the drivers of stores, and what asks other services.
std::optional<std::string> driver_objection(const std::string& file, const std::string& included) {
    static const std::regex adapter(R"(.*_(mongo|postgres|redis|http)(_store_test|_test)?\.(cpp|hpp)$)");
    static const std::regex driver(R"(^(platform/(mongo|postgres|redis|http_client)|clients)/.*)");
    const bool is_rule = file.starts_with("capabilities/") && !std::regex_match(file, adapter) &&
                         file.find("/testing/") == std::string::npos && !file.ends_with("_store_test.cpp");
    if (is_rule && std::regex_match(included, driver)) {
        return "only *_mongo, *_postgres, *_redis and *_http files may speak to a store or to another service";
    }
    return std::nullopt;
}

struct Include {
    std::string file;
    std::string included;
};

/// Of the sources below `folder`, whose paths are relative to it.
std::vector<Include> includes_below(const std::string& folder) {
    const std::filesystem::path root = std::filesystem::path(TWINFLEET_SOURCE_DIR) / folder;
    static const std::regex include_line(R"re(^\s*#\s*include\s+"([^"]+)".*)re");
    std::vector<Include> includes;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        const auto extension = entry.path().extension();
        if (extension != ".cpp" && extension != ".hpp") {
            continue;
        }
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            std::smatch match;
            if (std::regex_match(line, match, include_line)) {
                includes.push_back({std::filesystem::relative(entry.path(), root).string(), match[1]});
            }
        }
    }
    return includes;
}

/// Whom each includes.
using Uses = std::map<std::string, std::set<std::string>>;

/// Those that are on a cycle, or lead to one.
std::vector<std::string> on_cycles(Uses uses) {
    // Whoever can be left out because it uses nobody any more is on no cycle.
    bool shrinks = true;
    while (shrinks) {
        shrinks = false;
        for (auto entry = uses.begin(); entry != uses.end();) {
            std::erase_if(entry->second, [&](const std::string& used) { return !uses.contains(used); });
            if (entry->second.empty()) {
                entry = uses.erase(entry);
                shrinks = true;
            } else {
                ++entry;
            }
        }
    }
    std::vector<std::string> names;
    for (const auto& [name, used] : uses) {
        names.push_back(name);
    }
    return names;
}

bool is_generated_or_support(const std::string& included) {
    return included.starts_with("embedded/") || included.starts_with("tests/support/");
}

TEST(Structure, EveryIncludeFollowsTheLayers) {
    const auto includes = includes_below("src");
    ASSERT_GT(includes.size(), 100U) << "the sources were not found";
    for (const auto& [file, included] : includes) {
        if (is_generated_or_support(included)) {
            continue;
        }
        EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(TWINFLEET_SOURCE_DIR) / "src" / included))
            << file << " includes " << included << ", which is not a path from src/";
        const auto layer = objection(file, included);
        EXPECT_FALSE(layer) << file << " includes " << included << ": " << layer.value_or("");
        const auto driver = driver_objection(file, included);
        EXPECT_FALSE(driver) << file << " includes " << included << ": " << driver.value_or("");
    }
}

TEST(Structure, TheSimulatorKnowsTheServicesByTheirApiAlone) {
    const auto includes = includes_below("simulator");
    ASSERT_GT(includes.size(), 50U) << "the sources were not found";
    for (const auto& [file, included] : includes) {
        EXPECT_TRUE(included.starts_with("simulator/") || included.starts_with("platform/") ||
                    included.starts_with("tests/support/"))
            << "simulator/" << file << " includes " << included;
    }
}

TEST(Structure, CapabilitiesIncludeEachOtherWithoutCycles) {
    Uses uses;
    for (const auto& [file, included] : includes_below("src")) {
        const Place from = place_of(file);
        const Place to = place_of(included);
        if (from.layer == "capabilities" && to.layer == "capabilities" && from.part != to.part) {
            uses[from.part].insert(to.part);
        }
    }
    EXPECT_THAT(on_cycles(uses), ::testing::IsEmpty());
}

/// Of a file of an app: `startup` of "apps/one/startup/stores.cpp"; a dot for the files of the app's own folder.
std::string folder_in_app(const std::string& file) {
    const auto app = file.find('/', file.find('/') + 1);
    const auto folder = file.find('/', app + 1);
    return folder == std::string::npos ? "." : file.substr(app + 1, folder - app - 1);
}

TEST(Structure, FoldersOfAnAppIncludeEachOtherWithoutCycles) {
    std::map<std::string, Uses> by_app;
    for (const auto& [file, included] : includes_below("src")) {
        const Place from = place_of(file);
        if (from.layer == "apps" && place_of(included).layer == "apps" &&
            folder_in_app(file) != folder_in_app(included)) {
            by_app[from.part][folder_in_app(file)].insert(folder_in_app(included));
        }
    }
    ASSERT_FALSE(by_app.empty()) << "the sources were not found";
    for (const auto& [app, uses] : by_app) {
        EXPECT_THAT(on_cycles(uses), ::testing::IsEmpty()) << app;
    }
}

TEST(Structure, TheRulesObjectWhereTheyShould) {
    EXPECT_TRUE(objection("platform/mongo/client.cpp", "domain/identifier.hpp"));
    EXPECT_TRUE(objection("domain/license.cpp", "platform/bson/view.hpp"));
    EXPECT_TRUE(objection("platform/bson/view.cpp", "capabilities/mirroring/memory/links/link.hpp"));
    EXPECT_TRUE(objection("capabilities/mirroring/memory/links/link.cpp", "apps/fleet_synchronizer/settings.hpp"));
    EXPECT_TRUE(objection("apps/one/main.cpp", "apps/another/settings.hpp"));
    EXPECT_TRUE(objection("clients/access_control/access_control.cpp", "capabilities/access_control/records/x.hpp"));
    EXPECT_TRUE(objection("platform/http_client/client.cpp", "clients/answer_fields.hpp"));
    EXPECT_TRUE(objection("domain/license.cpp", "clients/answer_fields.hpp"));
    EXPECT_FALSE(objection("clients/access_control/access_control.cpp", "platform/http_client/json_client.hpp"));
    EXPECT_FALSE(objection("capabilities/driver_login/children/child_drivers_http.cpp", "clients/answer_fields.hpp"));
    EXPECT_FALSE(objection("apps/one/main.cpp", "apps/one/settings.hpp"));
    EXPECT_FALSE(objection("capabilities/mirroring/memory/links/link.cpp", "domain/identifier.hpp"));
    EXPECT_TRUE(driver_objection("capabilities/mirroring/planner/plan.cpp", "platform/mongo/client.hpp"));
    EXPECT_TRUE(driver_objection("capabilities/driver_login/login.cpp", "platform/redis/client.hpp"));
    EXPECT_TRUE(driver_objection("capabilities/driver_login/login.cpp", "clients/answer_fields.hpp"));
    EXPECT_FALSE(driver_objection("capabilities/mirroring/stores/entity_store_mongo.cpp", "platform/mongo/client.hpp"));
    EXPECT_FALSE(driver_objection("capabilities/driver_login/children/child_drivers_http.cpp",
                                  "clients/fleet_synchronizer/fleet_synchronizer.hpp"));
}

}  // namespace
}  // namespace twinfleet

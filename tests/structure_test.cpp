// What ARCHITECTURE.md says of the shape of the sources holds because these tests read all of them.
#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/structure/comment_paths.hpp"
#include "tests/structure/folder_cycles.hpp"
#include "tests/structure/layers.hpp"
#include "tests/structure/source_tree.hpp"
#include "tests/structure/test_bodies.hpp"

namespace twinfleet::structure {
namespace {

/// Of the sources below `folder`; the paths of those who include are relative to it. Without the headers of the system
/// and of libraries.
std::vector<Include> includes_below(const std::string& folder) {
    std::vector<Include> includes;
    for (SourceFile& source : sources_below({folder})) {
        source.path = source.path.substr(folder.size() + 1);
        std::ranges::copy_if(includes_of(source), std::back_inserter(includes),
                             [](const Include& include) { return !include.is_in_angle_brackets; });
    }
    return includes;
}

bool is_generated_or_support(const std::string& included) {
    return included.starts_with("embedded/") || included.starts_with("tests/support/");
}

TEST(Structure, EveryIncludeFollowsTheLayers) {
    const auto includes = includes_below("src");
    ASSERT_GT(includes.size(), 100U) << "the sources were not found";
    const std::set<std::string> files = files_of_project();
    for (const Include& include : includes) {
        if (is_generated_or_support(include.included)) {
            continue;
        }
        EXPECT_TRUE(files.contains("src/" + include.included))
            << include.file << " includes " << include.included << ", which is not a path from src/";
        const auto layer = layer_objection(include.file, include.included);
        EXPECT_FALSE(layer) << include.file << " includes " << include.included << ": " << layer.value_or("");
        const auto driver = driver_objection(include.file, include.included);
        EXPECT_FALSE(driver) << include.file << " includes " << include.included << ": " << driver.value_or("");
    }
}

TEST(Structure, TheSimulatorKnowsTheServicesByTheirApiAlone) {
    const auto includes = includes_below("simulator");
    ASSERT_GT(includes.size(), 50U) << "the sources were not found";
    for (const Include& include : includes) {
        EXPECT_TRUE(include.included.starts_with("simulator/") || include.included.starts_with("platform/") ||
                    include.included.starts_with("tests/support/"))
            << "simulator/" << include.file << " includes " << include.included;
    }
}

TEST(Structure, CapabilitiesIncludeEachOtherWithoutCyclesTestsIncluded) {
    for (const std::string& cycle : cycles_in("capabilities", includes_below("src"))) {
        ADD_FAILURE() << cycle;
    }
}

/// The parts of every folder of src/, however deep: who reads one of them needs to know those that it uses, and not
/// itself again. What is there for tests alone may use everything.
TEST(Structure, FoldersIncludeEachOtherWithoutCycles) {
    auto includes = includes_below("src");
    std::erase_if(includes, [](const Include& include) {
        return is_for_tests("/" + include.file) || is_for_tests("/" + include.included);
    });
    const auto folders = folders_of(includes);
    ASSERT_GT(folders.size(), 50U) << "the sources were not found";
    for (const std::string& folder : folders) {
        for (const std::string& cycle : cycles_in(folder, includes)) {
            ADD_FAILURE() << "src/" << cycle;
        }
    }
}

TEST(Structure, EveryPathInACommentExists) {
    const KnownPaths known(files_of_project());
    const auto sources = sources_below({"src", "tests", "benchmarks", "simulator"});
    ASSERT_GT(sources.size(), 100U) << "the sources were not found";
    for (const SourceFile& source : sources) {
        for (const std::string& missing : missing_paths(source, known)) {
            ADD_FAILURE() << missing;
        }
    }
}

TEST(Structure, NoSourceIsLongerThanAReaderCanHoldInHisHead) {
    constexpr std::ptrdiff_t lines_max = 500;
    for (const SourceFile& source : sources_below({"src"})) {
        if (!is_for_tests(source.path)) {
            EXPECT_LE(std::ranges::count(source.text, '\n'), lines_max) << source.path;
        }
    }
}

TEST(Structure, EveryAppThatServesHasTheDescriptionOfItsApiBesideIt) {
    std::set<std::string> expected;
    std::set<std::string> found;
    for (const std::string& path : files_of_project()) {
        constexpr std::string_view configuration = "/config.yaml";
        if (path.starts_with("src/apps/") && path.ends_with(configuration) &&
            text_of(path).find("\napi:\n") != std::string::npos) {
            expected.insert(path.substr(0, path.size() - configuration.size()) + "/openapi.yaml");
        }
        if (path.ends_with(".yaml") && text_of(path).starts_with("openapi: ")) {
            found.insert(path);
        }
    }
    EXPECT_GE(expected.size(), 3U) << "the configurations that ship were not found";
    EXPECT_EQ(found, expected);
}

/// Whoever uses an adapter compiles without the library of its store.
TEST(Structure, HeadersDoNotShowTheClientLibraryOfPostgreSql) {
    for (const SourceFile& source : sources_below({"src/platform/postgres", "src/capabilities"})) {
        if (!source.path.ends_with(".hpp") || is_for_tests(source.path)) {
            continue;
        }
        for (const Include& include : includes_of(source)) {
            EXPECT_FALSE(include.included.starts_with("pqxx/")) << include.file << " includes " << include.included;
        }
    }
}

TEST(Structure, EveryTestExpectsSomething) {
    auto sources = sources_below({"src", "tests", "simulator", "benchmarks"});
    std::vector<SourceFile> helpers;
    std::ranges::copy_if(sources, std::back_inserter(helpers), [](const SourceFile& source) {
        return !source.path.ends_with("_test.cpp") && (is_for_tests(source.path) || source.path.starts_with("tests/"));
    });
    const auto expecting = expecting_functions(helpers);
    std::size_t tests_looked_at = 0;
    for (const SourceFile& source : sources) {
        const auto functions = functions_in(source.text);
        tests_looked_at += static_cast<std::size_t>(
            std::ranges::count_if(functions, [](const Function& function) { return function.name == "TEST_F"; }));
        for (const std::string& test : tests_that_expect_nothing(source, expecting)) {
            ADD_FAILURE() << test;
        }
    }
    EXPECT_GT(tests_looked_at, 500U) << "the tests were not found";
}

}  // namespace
}  // namespace twinfleet::structure

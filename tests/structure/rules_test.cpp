// The rules of structure_test.cpp, tried on invented sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/structure/comment_paths.hpp"
#include "tests/structure/cpp_text.hpp"
#include "tests/structure/folder_cycles.hpp"
#include "tests/structure/layers.hpp"
#include "tests/structure/source_tree.hpp"
#include "tests/structure/test_bodies.hpp"

namespace twinfleet::structure {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(StructureLayers, ObjectWhereTheyShould) {
    EXPECT_TRUE(layer_objection("platform/mongo/client.cpp", "domain/identifier.hpp"));
    EXPECT_TRUE(layer_objection("domain/license.cpp", "platform/bson/view.hpp"));
    EXPECT_TRUE(layer_objection("platform/bson/view.cpp", "capabilities/mirroring/memory/link.hpp"));
    EXPECT_TRUE(
        layer_objection("capabilities/mirroring/memory/links/link.cpp", "apps/fleet_synchronizer/settings.hpp"));
    EXPECT_TRUE(layer_objection("apps/one/main.cpp", "apps/another/settings.hpp"));
    EXPECT_FALSE(layer_objection("apps/one/main.cpp", "apps/one/settings.hpp"));
    EXPECT_FALSE(layer_objection("capabilities/mirroring/memory/links/link.cpp", "domain/identifier.hpp"));
    EXPECT_TRUE(layer_objection("somewhere/else.cpp", "domain/identifier.hpp"));
}

TEST(StructureLayers, ClientsAreBelowCapabilitiesAndAboveThePlatform) {
    EXPECT_FALSE(layer_objection("capabilities/driver_login/children/child_drivers_http.cpp", "clients/a/a.hpp"));
    EXPECT_FALSE(layer_objection("apps/one/main.cpp", "clients/a/a.hpp"));
    EXPECT_FALSE(layer_objection("clients/a/a.cpp", "clients/b/b.hpp"));
    EXPECT_FALSE(layer_objection("clients/a/a.cpp", "domain/identifier.hpp"));
    EXPECT_FALSE(layer_objection("clients/a/a.cpp", "platform/http/client.hpp"));
    EXPECT_TRUE(layer_objection("clients/a/a.cpp", "capabilities/driver_login/login.hpp"));
    EXPECT_TRUE(layer_objection("clients/a/a.cpp", "apps/one/settings.hpp"));
    EXPECT_TRUE(layer_objection("platform/http/client.cpp", "clients/a/a.hpp"));
    EXPECT_TRUE(layer_objection("domain/license.cpp", "clients/a/a.hpp"));
}

TEST(StructureLayers, OnlyAdaptersIncludeTheDriversOfStoresAndAskOtherServices) {
    EXPECT_TRUE(driver_objection("capabilities/mirroring/planner/plan.cpp", "platform/mongo/client.hpp"));
    EXPECT_TRUE(driver_objection("capabilities/driver_login/login.cpp", "platform/redis/client.hpp"));
    EXPECT_TRUE(driver_objection("capabilities/mirroring/memory/links/link_store.hpp", "platform/postgres/pool.hpp"));
    EXPECT_FALSE(driver_objection("capabilities/mirroring/stores/entity_store_mongo.cpp", "platform/mongo/client.hpp"));
    EXPECT_TRUE(driver_objection("capabilities/driver_login/login.cpp", "clients/a/a.hpp"));
    EXPECT_FALSE(driver_objection("capabilities/driver_login/children/child_drivers_http.cpp", "clients/a/a.hpp"));
    EXPECT_FALSE(driver_objection("capabilities/a/testing/fake.hpp", "platform/mongo/client.hpp"));
    EXPECT_FALSE(driver_objection("capabilities/mirroring/planner/plan.cpp", "platform/bson/view.hpp"));
    EXPECT_FALSE(driver_objection("apps/one/main.cpp", "platform/mongo/client.hpp"));
}

TEST(StructureCycles, AreNamedWithAnIncludeOfEachEdge) {
    EXPECT_THAT(cycles_in("x", {{"x/links/a.cpp", "x/schema/b.hpp"},
                                {"x/links/c.cpp", "x/schema/d.hpp"},
                                {"x/schema/b.hpp", "x/links/c.hpp"},
                                {"x/schema/b.hpp", "x/values/v.hpp"},
                                {"x/links/a.cpp", "elsewhere/b.hpp"}}),
                ElementsAre("x: links -> schema -> links\n"
                            "    links -> schema: x/links/a.cpp includes x/schema/b.hpp\n"
                            "    schema -> links: x/schema/b.hpp includes x/links/c.hpp"));
}

TEST(StructureCycles, AreFoundThroughSeveralFoldersByTheShortestWay) {
    EXPECT_THAT(cycles_in("x", {{"x/a/1.cpp", "x/b/1.hpp"},
                                {"x/b/1.cpp", "x/c/1.hpp"},
                                {"x/c/1.cpp", "x/d/1.hpp"},
                                {"x/d/1.cpp", "x/a/1.hpp"},
                                {"x/c/2.cpp", "x/a/2.hpp"}}),
                ElementsAre(::testing::StartsWith("x: a -> b -> c -> a\n"),
                            ::testing::StartsWith("x: d -> a -> b -> c -> d\n")));
}

TEST(StructureCycles, OfSeveralEachIsTold) {
    EXPECT_THAT(cycles_in("x", {{"x/a/1.cpp", "x/b/1.hpp"},
                                {"x/b/1.cpp", "x/a/1.hpp"},
                                {"x/b/1.cpp", "x/c/1.hpp"},
                                {"x/c/1.cpp", "x/d/1.hpp"},
                                {"x/d/1.cpp", "x/c/1.hpp"}}),
                SizeIs(2));
}

TEST(StructureCycles, FilesBesideTheFoldersAreAPartOfTheirOwn) {
    EXPECT_THAT(cycles_in("x", {{"x/main.cpp", "x/a/1.hpp"}, {"x/a/1.cpp", "x/settings.hpp"}}),
                ElementsAre("x: . -> a -> .\n"
                            "    . -> a: x/main.cpp includes x/a/1.hpp\n"
                            "    a -> .: x/a/1.cpp includes x/settings.hpp"));
}

TEST(StructureCycles, OfOtherFoldersAndWithinOnePartAreNotToldOfThisOne) {
    const std::vector<Include> includes{{"x/a/p/1.cpp", "x/a/q/1.hpp"},
                                        {"x/a/q/1.cpp", "x/a/p/1.hpp"},
                                        {"x/a/p/1.cpp", "x/b/1.hpp"},
                                        {"xy/a/1.cpp", "xy/b/1.hpp"},
                                        {"xy/b/1.cpp", "xy/a/1.hpp"}};
    EXPECT_THAT(cycles_in("x", includes), IsEmpty());
    EXPECT_THAT(cycles_in("x/a", includes), SizeIs(1));
    EXPECT_THAT(folders_of(includes), ElementsAre("x", "x/a", "x/a/p", "x/a/q", "xy", "xy/a", "xy/b"));
}

TEST(StructureCycles, WhatOnlyLeadsToOneIsOnNone) {
    EXPECT_THAT(cycles_in("x", {{"x/a/1.cpp", "x/b/1.hpp"}, {"x/b/1.cpp", "x/c/1.hpp"}, {"x/c/1.cpp", "x/b/1.hpp"}}),
                ElementsAre(::testing::StartsWith("x: b -> c -> b\n")));
}

TEST(StructureSources, IncludesAreReadInBothKindsOfBrackets) {
    const auto includes = includes_of({"a.cpp",
                                       "#include \"x/y.hpp\"\n  #  include <pqxx/pqxx>\n// #include \"no.hpp\"\n"
                                       "#define include\n#include EMBEDDED\n"});
    ASSERT_THAT(includes, SizeIs(2));
    EXPECT_EQ(includes[0].included, "x/y.hpp");
    EXPECT_FALSE(includes[0].is_in_angle_brackets);
    EXPECT_EQ(includes[1].included, "pqxx/pqxx");
    EXPECT_TRUE(includes[1].is_in_angle_brackets);
}

TEST(StructureSources, FilesForTestsAreToldByNameAndFolder) {
    EXPECT_TRUE(is_for_tests("src/a/b_test.cpp"));
    EXPECT_TRUE(is_for_tests("src/a/testing/b.hpp"));
    EXPECT_FALSE(is_for_tests("src/a/b.cpp"));
    EXPECT_FALSE(is_for_tests("src/testing_ground/b.cpp"));
}

TEST(StructureText, CommentsAndLiteralsAreTakenOutOfTheCode) {
    const std::string source =
        "int a = 1'000;  // one\n"
        "/* two\n two */ auto b = \"// no \\\" comment\";\n"
        "char c = '\"'; auto d = R\"x(\" // no )\" )x\"; // three\n";
    const CppText text = take_apart(source);
    ASSERT_THAT(text.comments, SizeIs(2));
    EXPECT_EQ(text.comments[0].line, 1U);
    EXPECT_EQ(text.comments[0].text, " one");
    EXPECT_EQ(text.comments[1].line, 4U);
    EXPECT_EQ(text.comments[1].text, " three");
    ASSERT_EQ(text.code.size(), source.size());
    std::string without_blanks = text.code;
    std::erase(without_blanks, ' ');
    EXPECT_EQ(without_blanks, "inta=1'000;\n\nautob=;\ncharc=;autod=;\n");
}

TEST(StructurePaths, AreToldFromOtherWords) {
    const std::set<std::string> folders{"docs", "src", "tools"};
    EXPECT_THAT(paths_named_in("see passes/shard.hpp, `docs/operations.md`, tools/embedded_mongo and src/.", folders),
                ElementsAre("passes/shard.hpp", "docs/operations.md", "tools/embedded_mongo"));
    EXPECT_THAT(paths_named_in("(../x.hpp: \"a/b-c.yaml\")", folders), ElementsAre("../x.hpp", "a/b-c.yaml"));
    EXPECT_THAT(paths_named_in("GET /v1/links/cars.json, mongodb.com/docs/x.html, https://a.b/c.md, and/or, 1/2, "
                               "/proc/self/status.txt, build/x.hpp, src/*_test.cpp, docs/<name>.md, HTTP/1.1, x.hpp",
                               folders),
                IsEmpty());
}

TEST(StructurePaths, ExistFromTheRootFromSrcFromTheFileOrAsAnEnd) {
    const KnownPaths known({"docs/operations.md", "src/a/b/c.hpp", "src/a/d/e.hpp", "tools/server/main.java"});
    for (const char* path :
         {"docs/operations.md", "src/a/b/c.hpp", "a/b/c.hpp", "b/c.hpp", "../b/c.hpp", "a/d", "tools/server"}) {
        EXPECT_TRUE(known.knows("src/a/d/e.hpp", path)) << path;
    }
    for (const char* path : {"docs/operation.md", "b/d.hpp", "c/b.hpp", "../c.hpp", "tools/client"}) {
        EXPECT_FALSE(known.knows("src/a/d/e.hpp", path)) << path;
    }
}

TEST(StructurePaths, ThatAreMissingAreToldWithTheirLine) {
    const KnownPaths known({"src/a.cpp", "src/b/c.hpp"});
    EXPECT_THAT(
        missing_paths({"src/a.cpp", "#include \"no/such.hpp\"\n// b/c.hpp\nint a;  /// as in b/d.hpp\n"}, known),
        ElementsAre("src/a.cpp:3: no such path: b/d.hpp"));
}

TEST(StructureTestBodies, ThatExpectNothingAreFound) {
    const SourceFile file{"a_test.cpp",
                          "void check(int value) { EXPECT_EQ(value, 1); }\n"
                          "void check_twice(int value) const noexcept {\n    check(value);\n    check(value);\n}\n"
                          "int twice(int value) { return 2 * value; }\n"
                          "TEST(A, Expects) { ASSERT_TRUE(true); }\n"
                          "TEST(A, ExpectsByAnother) { check_twice(twice(3)); }\n"
                          "TEST_F(A, ExpectsByAHelper) { expect_all(); }\n"
                          "TEST_F(A, ExpectsAtCompileTime) { static_assert(true); }\n"
                          "TEST(A, ExpectsOfEverything) { check_all(); }\n"
                          "TEST(A, OnlyAsksAnObject) { object.check_all_of_it(); a.twice(2); b->helper(); }\n"
                          "TEST(A, AsksAnObjectThatExpects) { object.check(1); }\n"
                          "TEST(A, OnlyRuns) {\n    // EXPECT_TRUE(false);\n    twice(1); say(\"EXPECT_TRUE\");\n}\n"
                          "TEST(A, IsEmpty) {}\n"
                          "RC_GTEST_PROP(A, OnlyRunsToo, (int value)) { if (value > 0) { twice(value); } }\n"};
    EXPECT_THAT(tests_that_expect_nothing(file, {"expect_all", "check_all", "helper"}),
                ElementsAre("a_test.cpp: A, OnlyAsksAnObject", "a_test.cpp: A, OnlyRuns", "a_test.cpp: A, IsEmpty",
                            "a_test.cpp: A, OnlyRunsToo, (int value)"));
}

TEST(StructureTestBodies, HelpersThatExpectAreFoundThroughOthers) {
    EXPECT_THAT(expecting_functions({{"testing/a.hpp", "void outer() { inner(1); }\nint idle() { return 1; }\n"},
                                     {"testing/b.hpp", "inline void inner(int a) {\n    if (a > 1) { FAIL(); }\n}\n"}}),
                ElementsAre("inner", "outer"));
}

}  // namespace
}  // namespace twinfleet::structure

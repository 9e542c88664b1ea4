#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/structure/source_tree.hpp"

namespace twinfleet::structure {

/// A function with a body, or a test: `TEST_F(Suite, Name) {...}` is the function `TEST_F` of the parameters `Suite,
/// Name`.
struct Function {
    std::string name;
    std::string parameters;
    /// What stands between the braces, without comments and texts.
    std::string body;
};

[[nodiscard]] std::vector<Function> functions_in(std::string_view source);

/// The functions among those of the files that expect something: they use a macro of the test libraries that can fail,
/// or call a function that does. A function of an object counts only where its name says so (`expect_...`,
/// `check_...`).
[[nodiscard]] std::set<std::string> expecting_functions(const std::vector<SourceFile>& files);

/// The tests of `file` that expect nothing, by themselves or by a function of the file or one of `helpers`; as
/// `FILE: Suite, Name`. They can only fail by an exception, so nobody learns what they are about.
[[nodiscard]] std::vector<std::string> tests_that_expect_nothing(const SourceFile& file,
                                                                 const std::set<std::string>& helpers);

}  // namespace twinfleet::structure

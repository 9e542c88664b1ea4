#include "tests/structure/test_bodies.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "tests/structure/cpp_text.hpp"

namespace twinfleet::structure {
namespace {

/// The place behind the bracket that closes the one at `open`.
std::size_t behind_bracket(std::string_view code, std::size_t open) {
    const char opening = code[open];
    const char closing = opening == '(' ? ')' : '}';
    std::size_t depth = 0;
    for (std::size_t i = open; i < code.size(); ++i) {
        depth += code[i] == opening ? 1 : 0;
        depth -= code[i] == closing ? 1 : 0;
        if (depth == 0) {
            return i + 1;
        }
    }
    return code.size();
}

/// Where the body of a function begins whose parameters end at `position`; npos where it has none.
std::size_t brace_behind_parameters(std::string_view code, std::size_t position) {
    // Qualifiers and a trailing type may come before it; what ends a statement or a call may not.
    const auto found = code.find_first_of("{;=)(,?\"+|", position);
    return found != std::string_view::npos && code[found] == '{' ? found : std::string_view::npos;
}

bool can_fail(std::string_view word) {
    static constexpr std::array beginnings{"EXPECT_", "ASSERT_", "RC_ASSERT", "RC_FAIL", "ADD_FAILURE"};
    return word == "FAIL" ||
           std::ranges::any_of(beginnings, [&](const char* beginning) { return word.starts_with(beginning); });
}

/// Of an object's functions only those count whose name says that they expect something: others bear the names of what
/// is tested.
bool says_that_it_expects(std::string_view name) {
    static constexpr std::array beginnings{"expect", "check", "assert"};
    return std::ranges::any_of(beginnings, [&](const char* beginning) { return name.starts_with(beginning); });
}

bool expects(const Function& function, const std::set<std::string>& helpers) {
    const std::string_view code = function.body;
    for (std::size_t position = 0; position < code.size();) {
        if (!is_of_word(code[position])) {
            ++position;
            continue;
        }
        const std::size_t begin = position;
        while (position < code.size() && is_of_word(code[position])) {
            ++position;
        }
        const std::string word(code.substr(begin, position - begin));
        const std::string_view before = code.substr(0, begin);
        const bool is_of_object = before.ends_with('.') || before.ends_with("->");
        const bool is_call = position < code.size() && code[position] == '(';
        if (can_fail(word) || (is_call && helpers.contains(word) && (!is_of_object || says_that_it_expects(word)))) {
            return true;
        }
    }
    return false;
}

bool is_test(const Function& function) {
    static constexpr std::array macros{
        "TEST", "TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P", "RC_GTEST_PROP", "RC_GTEST_FIXTURE_PROP"};
    return std::ranges::find(macros, function.name) != macros.end();
}

bool is_keyword(std::string_view word) {
    static constexpr std::array keywords{"if", "for", "while", "switch", "catch", "constexpr", "requires"};
    return std::ranges::find(keywords, word) != keywords.end();
}

void add_expecting(const std::vector<Function>& functions, std::set<std::string>& expecting) {
    for (bool grows = true; grows;) {
        grows = false;
        for (const Function& function : functions) {
            if (!is_test(function) && expects(function, expecting)) {
                grows = expecting.insert(function.name).second || grows;
            }
        }
    }
}

}  // namespace

std::vector<Function> functions_in(std::string_view source) {
    const std::string code = take_apart(source).code;
    std::vector<Function> functions;
    for (auto open = code.find('('); open != std::string::npos; open = code.find('(', open + 1)) {
        std::size_t begin = open;
        while (begin > 0 && is_of_word(code[begin - 1])) {
            --begin;
        }
        const std::string name = code.substr(begin, open - begin);
        if (name.empty() || is_keyword(name)) {
            continue;
        }
        const std::size_t end = behind_bracket(code, open);
        const std::size_t brace = brace_behind_parameters(code, end);
        if (brace == std::string::npos) {
            continue;
        }
        functions.push_back({.name = name,
                             .parameters = code.substr(open + 1, end - open - 2),
                             .body = code.substr(brace + 1, behind_bracket(code, brace) - brace - 2)});
    }
    return functions;
}

std::set<std::string> expecting_functions(const std::vector<SourceFile>& files) {
    std::vector<Function> all;
    for (const SourceFile& file : files) {
        std::ranges::move(functions_in(file.text), std::back_inserter(all));
    }
    std::set<std::string> expecting;
    add_expecting(all, expecting);
    return expecting;
}

std::vector<std::string> tests_that_expect_nothing(const SourceFile& file, const std::set<std::string>& helpers) {
    const auto functions = functions_in(file.text);
    std::set<std::string> expecting = helpers;
    add_expecting(functions, expecting);
    std::vector<std::string> empty;
    for (const Function& function : functions) {
        const bool is_checked_by_compiler = function.body.find("static_assert") != std::string::npos;
        if (is_test(function) && !is_checked_by_compiler && !expects(function, expecting)) {
            empty.push_back(file.path + ": " + function.parameters);
        }
    }
    return empty;
}

}  // namespace twinfleet::structure

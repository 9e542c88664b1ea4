#pragma once

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/config/error.hpp"
#include "platform/config/reader.hpp"

/// What the tests of every service's settings have in common.
namespace twinfleet::service_settings::testing {

using Variables = std::map<std::string, std::string>;

[[nodiscard]] inline config::Environment environment(Variables variables) {
    return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

/// What `read` finds wrong with a configuration; empty: nothing.
template <typename Read>
[[nodiscard]] std::string problems_of(const Read& read) {
    try {
        static_cast<void>(read());
    } catch (const config::Error& error) {
        return error.what();
    }
    return "";
}

struct WithoutKey {
    std::string key;
    /// The whole text but for the line of the key.
    std::string text;
};

/// For each line `key: value` of a configuration: the configuration without it. Items of lists are left out.
[[nodiscard]] inline std::vector<WithoutKey> without_each_key(std::string_view shipped) {
    std::vector<std::string> lines;
    std::istringstream text{std::string(shipped)};
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    std::vector<WithoutKey> found;
    for (std::size_t number = 0; number < lines.size(); ++number) {
        const std::string& line = lines[number];
        const auto begin = line.find_first_not_of(' ');
        const auto colon = line.find(": ");
        if (line.find('#') != std::string::npos || colon == std::string::npos || line[begin] == '-') {
            continue;
        }
        WithoutKey without{line.substr(begin, colon - begin), {}};
        for (std::size_t i = 0; i < lines.size(); ++i) {
            without.text += (i == number ? "" : lines[i]) + "\n";
        }
        found.push_back(std::move(without));
    }
    return found;
}

}  // namespace twinfleet::service_settings::testing

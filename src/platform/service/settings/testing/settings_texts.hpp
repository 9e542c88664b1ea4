#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/config/error.hpp"
#include "platform/config/reader.hpp"
#include "platform/service/settings/layers.hpp"

/// What the tests of every service's settings have in common.
namespace twinfleet::service::testing {

using Variables = std::map<std::string, std::string>;

[[nodiscard]] inline config::Environment environment(Variables variables) {
    return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

/// The sections of every service, as a configuration that ships has them.
inline const std::string common_sections_text =
    "api:\n"
    "  listen: 127.0.0.1:1\n"
    "  service_tokens_file: \"\"\n"
    "  connections_max: 10\n"
    "  request_timeout_ms: 1000\n"
    "  threads: 2\n"
    "  waiting_max: 10\n"
    "  bodies_bytes_max: 10000000\n"
    "monitor:\n"
    "  listen: 127.0.0.1:2\n"
    "log:\n"
    "  level: info\n"
    "  format: auto\n";

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

/// What `layers` make of the file that ships, with `own` above it as the text of config.yaml.
template <typename Settings>
[[nodiscard]] Settings settings_of(const Layers<Settings>& layers, std::string_view own, Variables variables = {}) {
    return layers.read_texts(layers.shipped, own, "config.yaml", environment(std::move(variables)));
}

/// What they find wrong with it.
template <typename Settings>
[[nodiscard]] std::string problems_of(const Layers<Settings>& layers, std::string_view own, Variables variables = {}) {
    return problems_of([&] { return settings_of(layers, own, std::move(variables)); });
}

/// A file of this process's own, which is gone when this object is.
class TemporaryFile {
public:
    TemporaryFile(const std::string& name, std::string_view text)
        : path_(std::filesystem::temp_directory_path() / ("settings_" + std::to_string(getpid()) + "_" + name)) {
        std::ofstream(path_) << text;
        using std::filesystem::perms;
        std::filesystem::permissions(path_, perms::owner_read | perms::owner_write);
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    const std::filesystem::path path_;
};

/// Both `serve` and `config check` refuse a configuration file with the text `own`, for the same reasons.
template <typename Layers>
void expect_check_and_serve_to_refuse(const Layers& layers, std::string_view own, const Variables& variables = {}) {
    const TemporaryFile file("refused.yaml", own);
    const config::Environment around = environment(variables);
    const std::string by_serve = problems_of([&] { return layers.read_for_serving(file.path(), around); });
    EXPECT_NE(by_serve, "") << own;
    EXPECT_EQ(problems_of([&] { layers.check(file.path(), around); }), by_serve) << own;
}

/// Neither refuses it.
template <typename Layers>
void expect_check_and_serve_to_approve(const Layers& layers, std::string_view own, const Variables& variables = {}) {
    const TemporaryFile file("approved.yaml", own);
    const config::Environment around = environment(variables);
    EXPECT_EQ(problems_of([&] { return layers.read_for_serving(file.path(), around); }), "") << own;
    EXPECT_EQ(problems_of([&] { layers.check(file.path(), around); }), "") << own;
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

}  // namespace twinfleet::service::testing

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/reader.hpp"
#include "platform/service_settings/section.hpp"

/// From the files to the settings of a service: those that ship, those of a file of one's own above them, and those of
/// the environment above both.
namespace twinfleet::service_settings {

/// The environment variables of the contract (section 3), each with the key that it stands for where the configuration
/// that ships has that key.
[[nodiscard]] std::vector<config::Override> overrides_of(std::string_view shipped);

/// The text of a file of one's own, and the name that messages give it.
struct OwnText {
    std::string text;
    std::string name;
};

/// Without a file: nothing. Throws config::Error when there is one that cannot be read.
[[nodiscard]] OwnText read_own(const std::optional<std::filesystem::path>& file);

/// How a service gets its settings. All throw config::Error with every problem.
template <typename Settings>
struct Layers {
    /// The text of the configuration that ships.
    std::string_view shipped;
    /// What no file says.
    Settings initial;
    void (*read_section)(Section root, Settings& settings);

    [[nodiscard]] Settings read(const std::optional<std::filesystem::path>& file,
                                const config::Environment& environment) const {
        const OwnText own = read_own(file);
        return read_texts(shipped, own.text, own.name, environment);
    }
    /// Of `shipped_text` every key is needed; of `own` none is.
    [[nodiscard]] Settings read_texts(std::string_view shipped_text, std::string_view own, const std::string& own_name,
                                      const config::Environment& environment) const {
        Settings settings = initial;
        const auto read_layer = [&](config::Reader reader, bool is_complete) {
            Section root(std::move(reader), is_complete);
            read_section(root, settings);
            root.reader().finish();
        };
        read_layer(config::Reader::from_text(shipped_text, "the configuration that ships"), true);
        read_layer(config::Reader::from_text(own, own_name, overrides_of(shipped_text), environment), false);
        return settings;
    }
    /// For `config check`: as read(), after having seen to it that the file by itself is in order, too: a value that
    /// the environment hides today is checked as well.
    [[nodiscard]] Settings check(const std::filesystem::path& file, const config::Environment& environment) const {
        static_cast<void>(read(file, [](const std::string&) { return std::nullopt; }));
        return read(file, environment);
    }
};

}  // namespace twinfleet::service_settings

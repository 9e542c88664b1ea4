#pragma once

#include <concepts>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/reader.hpp"
#include "platform/service/settings/common_sections.hpp"
#include "platform/service/settings/findings.hpp"
#include "platform/service/settings/section.hpp"

namespace twinfleet::service {

/// The environment variables that count for a service: of those that every service knows, and of `own`, those whose key
/// is in the configuration that ships.
[[nodiscard]] std::vector<config::Override> overrides_of(std::string_view shipped,
                                                         const std::vector<config::Override>& own);

/// The text of a file of one's own, and the name that messages give to the file.
struct OwnText {
    std::string text;
    std::string name;
    /// Whether others than the owner and the group of the file may read it, so that it must hold no secrets.
    bool is_open_to_others = false;
};

/// Reads such a file. Without a file the text is empty. Throws config::Error when the file cannot be read.
[[nodiscard]] OwnText read_own(const std::optional<std::filesystem::path>& file);

/// How a service gets its settings, in three layers: the file that ships with the program, above it a file of one's
/// own, and above both the environment (contract, section 3). All functions throw config::Error with every problem that
/// was found.
template <std::derived_from<CommonSettings> Settings>
struct Layers {
    /// The text of the file that ships.
    std::string_view shipped;
    /// The environment variables that this service knows beside those of every service.
    std::vector<config::Override> variables = {};
    /// The settings that no file holds, with their values.
    Settings initial = {};
    /// Reads the sections that this service has beside those of every service.
    void (*read_sections)(Section& root, Settings& settings);
    /// Notes what else keeps `serve` from beginning: settings that do not go together, and problems of files that the
    /// settings name. The file of service tokens is checked for every service and needs no mention here. May be
    /// nullptr.
    void (*check_for_serving)(const Settings& settings, Findings& findings) = nullptr;
    /// How many connections to stores and other services `serve` may have at once, together with other files that it
    /// keeps open; those that clients have to it are counted for every service. nullptr: none.
    std::size_t (*pool_connections)(const Settings& settings) = nullptr;

    /// Checks a file of another kind, which the settings name and not hold, if it is one: returns true then, and false
    /// for anything else. Throws config::Error for one that is wrong. So `config check` takes such a file, too. May be
    /// nullptr.
    bool (*check_other_file)(const OwnText& own) = nullptr;

    /// The settings for commands other than `serve`.
    [[nodiscard]] Settings read(const std::optional<std::filesystem::path>& file,
                                const config::Environment& environment) const {
        return read_layers(shipped, read_own(file), environment);
    }
    /// The settings for `serve`, which are checked for that.
    [[nodiscard]] Settings read_for_serving(const std::optional<std::filesystem::path>& file,
                                            const config::Environment& environment) const {
        const OwnText own = read_own(file);
        Settings settings = read_layers(shipped, own, environment);
        Findings findings(own.name);
        check_service_tokens(settings, findings);
        check_descriptors(settings, pool_connections == nullptr ? 0 : pool_connections(settings), findings);
        if (check_for_serving != nullptr) {
            check_for_serving(settings, findings);
        }
        findings.finish();
        return settings;
    }
    /// Checks a file for `config check`. One of the kind of check_other_file() is checked by that alone. Otherwise
    /// refuses everything that `serve` refuses, and also a wrong value in the file that an environment variable
    /// replaces at present.
    void check(const std::filesystem::path& file, const config::Environment& environment) const {
        if (check_other_file != nullptr && check_other_file(read_own(file))) {
            return;
        }
        static_cast<void>(read(file, [](const std::string&) { return std::nullopt; }));
        static_cast<void>(read_for_serving(file, environment));
    }
    /// The settings from the texts of the files. `shipped_text` must have every key; `own` need not have any.
    [[nodiscard]] Settings read_texts(std::string_view shipped_text, std::string_view own, const std::string& own_name,
                                      const config::Environment& environment) const {
        return read_layers(shipped_text, {std::string(own), own_name, false}, environment);
    }

    static constexpr const char* shipped_name = "the configuration that ships";

private:
    [[nodiscard]] Settings read_layers(std::string_view shipped_text, const OwnText& own,
                                       const config::Environment& environment) const {
        Settings settings = initial;
        const auto read_layer = [&](config::Reader reader, bool is_complete, bool is_open_to_others) {
            Section root(std::move(reader), is_complete);
            read_common_sections(root, settings);
            read_sections(root, settings);
            if (is_open_to_others) {
                root.reader().refuse_secrets_in_file(config::open_to_others_message(own.name));
            }
            root.reader().finish();
        };
        read_layer(config::Reader::from_text(shipped_text, shipped_name), true, false);
        read_layer(config::Reader::from_text(own.text, own.name, overrides_of(shipped_text, variables), environment),
                   false, own.is_open_to_others);
        return settings;
    }
};

}  // namespace twinfleet::service

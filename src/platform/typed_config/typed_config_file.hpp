#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "platform/typed_config/typed_configs.hpp"

namespace twinfleet::typed_config {

class FileWatch;

/// Which file, and how often it is looked at.
struct FileSettings {
    std::filesystem::path path;
    /// The time between two looks. A change is in force after two looks that saw the same content (a file that is half
    /// written changes in between), so within 2 intervals. At most 2 s, because a change must be picked up within 5 s.
    std::chrono::milliseconds poll_interval{1'000};
};

/// Functions that are called on the polling thread and must not throw.
struct FileListener {
    /// Called when another content has come into force.
    std::function<void(const TypedConfigs& configs)> changed = nullptr;
    /// Called once for each content that is refused, and when the file has vanished; the configs that were in force
    /// stay. `reason` has one line for each problem, with file, line, key and what is wrong.
    std::function<void(const std::string& reason)> refused = nullptr;
};

/// Configs from a file that may change while the process runs.
class TypedConfigFile final : public Source {
public:
    /// Throws config::Error when the file is missing or wrong, because a process does not start with a broken file.
    /// Throws std::invalid_argument for a poll_interval out of range.
    TypedConfigFile(Registry registry, const FileSettings& settings, FileListener listener = {});
    /// Ends the polling thread.
    ~TypedConfigFile() override;

    [[nodiscard]] std::shared_ptr<const TypedConfigs> snapshot() const override;

private:
    std::unique_ptr<FileWatch> watch_;
    std::jthread poller_;
};

}  // namespace twinfleet::typed_config

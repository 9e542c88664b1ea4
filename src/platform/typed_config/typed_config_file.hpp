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

struct FileSettings {
    std::filesystem::path path;
    /// A change is in force after two looks that saw the same content (a file that is half written changes in between),
    /// so within 2 intervals. At most 2 s, because a change must be picked up within 5 s.
    std::chrono::milliseconds poll_interval{1'000};
};

/// Called by the polling thread; must not throw.
struct FileListener {
    /// Another content came into force.
    std::function<void(const TypedConfigs& configs)> changed = nullptr;
    /// A content was refused, or the file vanished; what was in force stays. Once for each content. `reason` has a line
    /// for each problem: file, line, key, and why.
    std::function<void(const std::string& reason)> refused = nullptr;
};

/// Configs from a file that may change while the process runs.
class TypedConfigFile final : public Source {
public:
    /// Throws config::Error when the file is missing or wrong: a process does not start on a broken one.
    /// Throws std::invalid_argument for a poll_interval out of range.
    TypedConfigFile(Registry registry, FileSettings settings, FileListener listener = {});
    /// Ends the polling thread.
    ~TypedConfigFile() override;

    [[nodiscard]] std::shared_ptr<const TypedConfigs> snapshot() const override;

private:
    std::unique_ptr<FileWatch> watch_;
    std::jthread poller_;
};

}  // namespace twinfleet::typed_config

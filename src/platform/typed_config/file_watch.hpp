#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "platform/config/file_watch.hpp"
#include "platform/typed_config/typed_config_file.hpp"

namespace twinfleet::typed_config {

/// A TypedConfigFile that looks when it is told to. look() is for one thread, snapshot() for any.
class FileWatch {
public:
    /// Throws config::Error when the file is missing or wrong.
    FileWatch(Registry registry, const std::filesystem::path& path, FileListener listener);
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Takes or refuses a content that the look before this one saw, too.
    void look() { watch_.look(); }
    [[nodiscard]] std::shared_ptr<const TypedConfigs> snapshot() const;

private:
    FileWatch(Registry registry, const std::filesystem::path& path, const std::string& text, FileListener listener);
    void take(const std::string& text);

    // Constant after construction.
    const Registry registry_;
    const std::string file_name_;
    const FileListener listener_;

    platform::Guarded<std::shared_ptr<const TypedConfigs>> current_;
    config::FileWatch watch_;
};

}  // namespace twinfleet::typed_config

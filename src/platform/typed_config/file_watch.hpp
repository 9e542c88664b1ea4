#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "platform/config/file_watch.hpp"
#include "platform/typed_config/typed_config_file.hpp"

namespace twinfleet::typed_config {

/// The configs of a file that is looked at whenever look() is called. look() is for one thread, snapshot() for any.
class FileWatch {
public:
    /// Reads the file. Throws config::Error when it is missing or wrong.
    FileWatch(Registry registry, const std::filesystem::path& path, FileListener listener);
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Looks at the file. A new content is taken or refused when the look before has seen it as well.
    void look() { watch_.look(); }
    /// The configs in force; never nullptr.
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

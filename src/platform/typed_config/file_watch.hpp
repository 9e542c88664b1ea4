#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "platform/typed_config/typed_config_file.hpp"

namespace twinfleet::typed_config {

/// What the file system says about a file.
struct FileStamp {
    std::int64_t device = -1;
    std::int64_t inode = -1;
    std::int64_t size_bytes = -1;
    std::int64_t modified_ns = -1;
    /// Moves with every change, even where somebody puts the time of modification back.
    std::int64_t changed_ns = -1;
    bool operator==(const FileStamp&) const = default;
};

/// A TypedConfigFile that looks when it is told to. look() is for one thread, snapshot() for any.
class FileWatch {
public:
    /// Throws config::Error when the file is missing or wrong.
    FileWatch(Registry registry, std::filesystem::path path, FileListener listener);

    /// Takes or refuses a content that the look before this one saw, too.
    void look();
    [[nodiscard]] std::shared_ptr<const TypedConfigs> snapshot() const;

private:
    void take(const std::string& text);
    void refuse(const std::string& reason) const;

    // Constant after construction.
    const Registry registry_;
    const std::filesystem::path path_;
    const FileListener listener_;

    // Of whoever looks.
    FileStamp stamp_;
    /// While the stamp stays as it is, so does the content.
    bool stamp_tells_all_ = false;
    /// Fingerprint, or why there is none, of the last look, and of the last content that was taken or refused.
    std::string seen_;
    std::string dealt_with_;

    platform::Guarded<std::shared_ptr<const TypedConfigs>> current_;
};

}  // namespace twinfleet::typed_config

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "platform/config/file.hpp"

namespace twinfleet::config {

/// What the file system says about a file. As long as it stays the same, so does the content, as a rule.
struct FileStamp {
    std::int64_t device = -1;
    std::int64_t inode = -1;
    std::int64_t size_bytes = -1;
    std::int64_t modified_ns = -1;
    /// The time of the last change by the file system's own account. It moves even where somebody sets the time of
    /// modification back.
    std::int64_t changed_ns = -1;
    bool operator==(const FileStamp&) const = default;
};

/// Looks at a file whenever look() is called, and notices when its content has changed. A new content is taken when two
/// looks in a row have seen it, because a file that is half written changes in between. For one thread.
class FileWatch {
public:
    struct Listener {
        /// Called to put a new content in force. When it throws, the content is refused, and what() of the exception is
        /// the reason.
        std::function<void(const std::string& text)> take;
        /// Called once for each content that is refused, and when the file cannot be read.
        std::function<void(const std::string& reason)> refused = nullptr;
        /// How the file is read: read_file(), or one of its stricter kinds.
        std::string (*read)(const std::filesystem::path&) = read_file;
    };
    /// `text` is the content that is in force at the beginning.
    FileWatch(std::filesystem::path path, std::string text, Listener listener);

    /// Looks at the file and calls the listener if there is something to tell.
    void look();

private:
    struct Content {
        bool is_readable = false;
        /// The content, or why it cannot be read.
        std::string text;
        bool operator==(const Content&) const = default;
    };

    void take(const std::string& text) const;
    void refuse(const std::string& reason) const;

    // Constant after construction.
    const std::filesystem::path path_;
    const Listener listener_;

    FileStamp stamp_;
    /// Whether the content cannot have changed while the stamp is the same.
    bool stamp_tells_all_ = false;
    /// What the last look saw, and what was taken or refused last.
    Content seen_;
    Content dealt_with_;
};

}  // namespace twinfleet::config

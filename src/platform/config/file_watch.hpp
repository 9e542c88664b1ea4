#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace twinfleet::config {

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

/// Notices when a file's content changes, when it is told to look. A change is taken after two looks that saw the same
/// content, because a file that is half written changes in between. For one thread.
class FileWatch {
public:
    struct Listener {
        /// Puts a content in force. What it throws is why the content is refused.
        std::function<void(const std::string& text)> take;
        /// A content was refused, or the file cannot be read. Once for each content.
        std::function<void(const std::string& reason)> refused = nullptr;
    };
    /// `text` is the content that is in force already.
    FileWatch(std::filesystem::path path, std::string text, Listener listener);

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
    /// While the stamp stays as it is, so does the content.
    bool stamp_tells_all_ = false;
    /// At the last look, and when one was taken or refused last.
    Content seen_;
    Content dealt_with_;
};

}  // namespace twinfleet::config

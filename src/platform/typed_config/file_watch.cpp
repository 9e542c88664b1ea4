#include "platform/typed_config/file_watch.hpp"

#include <utility>

namespace twinfleet::typed_config {

FileWatch::FileWatch(Registry registry, const std::filesystem::path& path, FileListener listener)
    : FileWatch(std::move(registry), path, config::read_file(path), std::move(listener)) {}

FileWatch::FileWatch(Registry registry, const std::filesystem::path& path, const std::string& text,
                     FileListener listener)
    : registry_(std::move(registry)),
      file_name_(path.string()),
      listener_(std::move(listener)),
      current_(TypedConfigs::parse(registry_, text, file_name_)),
      watch_(path, text,
             {.take = [this](const std::string& changed) { take(changed); }, .refused = listener_.refused}) {}

std::shared_ptr<const TypedConfigs> FileWatch::snapshot() const {
    return current_.with([](const auto& current) { return current; });
}

void FileWatch::take(const std::string& text) {
    auto configs = TypedConfigs::parse(registry_, text, file_name_);
    const auto before = current_.with([&configs](auto& current) { return std::exchange(current, configs); });
    // A file that was broken and is again as it was before is no change.
    if (before->fingerprint() != configs->fingerprint() && listener_.changed) {
        listener_.changed(*configs);
    }
}

}  // namespace twinfleet::typed_config

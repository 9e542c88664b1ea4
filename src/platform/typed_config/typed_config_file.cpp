#include "platform/typed_config/typed_config_file.hpp"

#include <stdexcept>
#include <utility>

#include "platform/concurrency/backoff.hpp"
#include "platform/typed_config/file_watch.hpp"

namespace twinfleet::typed_config {

TypedConfigFile::TypedConfigFile(Registry registry, const FileSettings& settings, FileListener listener) {
    using namespace std::chrono_literals;
    if (settings.poll_interval < 1ms || settings.poll_interval > 2s) {
        throw std::invalid_argument("poll_interval must be from 1 ms to 2 s");
    }
    watch_ = std::make_unique<FileWatch>(std::move(registry), settings.path, std::move(listener));
    poller_ = std::jthread([watch = watch_.get(), interval = settings.poll_interval](const std::stop_token& stop) {
        while (platform::wait_for(stop, interval)) {
            watch->look();
        }
    });
}

TypedConfigFile::~TypedConfigFile() = default;

std::shared_ptr<const TypedConfigs> TypedConfigFile::snapshot() const {
    return watch_->snapshot();
}

}  // namespace twinfleet::typed_config

#include "platform/redis/channel_source.hpp"

#include <random>

#include "platform/redis/deployment.hpp"
#include "platform/redis/uri.hpp"
#include "platform/tls/context.hpp"

namespace twinfleet::redis {

ChannelSource::ChannelSource(const Settings& settings)
    : target_(parse_uri(settings.uri)), tls_(make_tls(settings, target_)) {
    if (target_.kind == Target::Kind::sentinel) {
        sentinels_ = std::make_unique<Sentinels>(target_, settings.sentinel_password);
    }
    // Not all replicas of a service hang on the first node.
    turn_ = std::random_device()();
}

std::unique_ptr<Connection> ChannelSource::connect(Deadline deadline) {
    if (sentinels_ != nullptr) {
        return sentinels_->connect_to_master(tls_.get(), deadline);
    }
    const Address& address = target_.addresses[turn_++ % target_.addresses.size()];
    return std::make_unique<Connection>(address, tls_.get(), deadline);
}

}  // namespace twinfleet::redis

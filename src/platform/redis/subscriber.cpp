#include "platform/redis/subscriber.hpp"

#include <stop_token>
#include <utility>

#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/redis/channel_source.hpp"
#include "platform/redis/connection.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string wire_of(const std::vector<std::string>& command) {
    std::string wire;
    append_to_wire(wire, command);
    return wire;
}

/// The parts of what the server sends to a subscriber: the kind (`subscribe`, `message`, `pong`), and what belongs to
/// it.
std::vector<Reply> parts_of(Answer answer) {
    if (const auto* error = std::get_if<ErrorReply>(&answer)) {
        throw_store_error("SUBSCRIBE", error->text);
    }
    return std::get<Reply>(std::move(answer)).items();
}

}  // namespace

Subscriber::~Subscriber() = default;

Subscriber::Subscriber(const Settings& server, std::string channel, Listener listener,
                       const SubscriberSettings& settings)
    : server_(server),
      source_(std::make_unique<ChannelSource>(server)),
      channel_(std::move(channel)),
      listener_(std::move(listener)),
      settings_(settings) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Subscriber::run(const std::stop_token& stop) const {
    platform::Backoff backoff(settings_.reconnect_first, settings_.reconnect_longest);
    bool is_lost = false;
    while (!stop.stop_requested()) {
        try {
            listen(stop, [&] {
                backoff.reset();
                is_lost = false;
                listener_.subscribed();
            });
        } catch (const std::exception& reason) {
            if (!stop.stop_requested() && !std::exchange(is_lost, true)) {
                listener_.lost(reason.what());
            }
        }
        platform::wait_for(stop, backoff.next());
    }
}

void Subscriber::listen(const std::stop_token& stop, const std::function<void()>& subscribed) const {
    const auto source = source_->connect(SteadyClock::now() + server_.connect_timeout);
    Connection& connection = *source;
    const std::stop_callback interrupt(stop, [&connection] { connection.interrupt(); });
    const auto in_time = [this] { return SteadyClock::now() + server_.command_timeout; };
    static_cast<void>(parts_of(connection.exchange(wire_of({"SUBSCRIBE", channel_}), 1, in_time()).front()));
    subscribed();
    const std::string ping = wire_of({"PING"});
    while (!stop.stop_requested()) {
        auto answer = connection.receive(SteadyClock::now() + settings_.ping_interval);
        if (!answer) {
            answer = connection.exchange(ping, 1, in_time()).front();
        }
        const auto parts = parts_of(*std::move(answer));
        if (parts.size() == 3 && parts[0].text() == "message") {
            listener_.heard(parts[2].text());
        }
    }
}

}  // namespace twinfleet::redis

#include "platform/redis/client.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "platform/net/loopback.hpp"
#include "platform/redis/deployment.hpp"
#include "platform/redis/errors.hpp"
#include "platform/redis/uri.hpp"
#include "platform/tls/context.hpp"

namespace twinfleet::redis {
namespace {

/// The reply to the command of this place; throws where there is none.
Reply take_reply(std::span<const Command> commands, Answers& answers, std::size_t place) {
    if (!answers.failures.empty() && answers.failures[place]) {
        std::rethrow_exception(answers.failures[place]);
    }
    if (const auto* error = std::get_if<ErrorReply>(&answers.answers[place])) {
        throw_store_error(commands[place].parts().front(), error->text);
    }
    return std::get<Reply>(std::move(answers.answers[place]));
}

std::unique_ptr<Deployment> make_deployment(const Settings& settings) {
    auto target = parse_uri(settings.uri);
    auto tls = make_tls(settings, target);
    return target.kind == Target::Kind::cluster ? make_cluster(settings, std::move(target), std::move(tls))
                                                : make_master(settings, std::move(target), std::move(tls));
}

}  // namespace

std::shared_ptr<const tls::Context> make_tls(const Settings& settings, const Target& target) {
    return target.addresses.front().is_tls ? std::make_shared<const tls::Context>(settings.tls) : nullptr;
}

bool may_send_password_in_plain(const Settings& settings) {
    const Target target = parse_uri(settings.uri);
    return std::any_of(target.addresses.begin(), target.addresses.end(), [&](const Address& address) {
        const bool has_password = address.password.has_value() ||
                                  (target.kind == Target::Kind::sentinel && !settings.sentinel_password.empty());
        return has_password && !address.is_tls && address.socket_path.empty() && !net::is_on_this_machine(address.host);
    });
}

Pool::Pool(const Settings& settings)
    : deployment_(make_deployment(settings)),
      replica_wait_count_(settings.replica_wait_count),
      is_cluster_(parse_uri(settings.uri).kind == Target::Kind::cluster) {}

Pool::~Pool() = default;

Reply Pool::call(const Command& command) const {
    return std::move(pipeline({&command, 1}).front());
}

std::vector<Reply> Pool::pipeline(std::span<const Command> commands) const {
    if (commands.empty()) {
        return {};
    }
    auto answers = deployment_->run(commands, false);
    std::vector<Reply> replies;
    replies.reserve(commands.size());
    for (std::size_t place = 0; place < commands.size(); ++place) {
        replies.push_back(take_reply(commands, answers, place));
    }
    return replies;
}

std::vector<platform::Outcome<Reply>> Pool::pipeline_each(std::span<const Command> commands) const {
    if (commands.empty()) {
        return {};
    }
    std::vector<platform::Outcome<Reply>> outcomes;
    outcomes.reserve(commands.size());
    Answers answers;
    try {
        answers = deployment_->run(commands, false);
    } catch (const std::runtime_error&) {
        outcomes.assign(commands.size(), std::current_exception());
        return outcomes;
    }
    for (std::size_t place = 0; place < commands.size(); ++place) {
        try {
            outcomes.emplace_back(take_reply(commands, answers, place));
        } catch (const std::runtime_error&) {
            outcomes.emplace_back(std::current_exception());
        }
    }
    return outcomes;
}

ReplicatedReply Pool::call_replicated(const Command& command) const {
    auto answers = deployment_->run({&command, 1}, true);
    return {.reply = take_reply({&command, 1}, answers, 0),
            .is_replicated = answers.replicas.value_or(replica_wait_count_) >= replica_wait_count_};
}

void Pool::ping() const {
    deployment_->ping();
}

Pool::Usage Pool::usage() const {
    return deployment_->usage();
}

}  // namespace twinfleet::redis

#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "platform/redis/client.hpp"
#include "platform/redis/connection.hpp"
#include "platform/redis/uri.hpp"
#include "platform/tls/context.hpp"

namespace twinfleet::redis {

/// The answers to the commands of a call, in their order.
struct Answers {
    std::vector<Answer> answers;
    /// Of each command why it has no answer; null where it has one. Empty: all commands have one.
    std::vector<std::exception_ptr> failures = {};
    /// The least number of replicas that have what the call wrote; nullopt when nobody waited for them.
    std::optional<std::size_t> replicas = {};
};

/// How the servers behind a pool belong together: who serves a command, and who takes his place. Safe to use from any
/// thread. Errors of the servers that only they can mean (a slot that has moved) are dealt with; all others are among
/// the answers.
class Deployment {
public:
    Deployment() = default;
    Deployment(const Deployment&) = delete;
    Deployment& operator=(const Deployment&) = delete;
    virtual ~Deployment() = default;

    /// Throws platform::StoreUnavailable, or platform::StoreRefused, when no command can be answered for the same
    /// reason; what keeps only some from being answered is among the answers. `wait_for_replicas`: not before as many
    /// replicas have the writes as the settings say, or until replica_wait_timeout has passed.
    [[nodiscard]] virtual Answers run(std::span<const Command> commands, bool wait_for_replicas) = 0;
    /// Throws unless a master answers.
    virtual void ping() = 0;
    [[nodiscard]] virtual Pool::Usage usage() const = 0;
};

/// What connections to the target need for TLS; nullptr when they are not encrypted. Throws std::invalid_argument when
/// a file of the settings cannot be used.
[[nodiscard]] std::shared_ptr<const tls::Context> make_tls(const Settings& settings, const Target& target);

/// One server, or the master that sentinels name (redis.io/docs/latest/develop/reference/sentinel-clients): every new
/// connection asks them anew, and a server that failed or is master no more keeps no connection.
[[nodiscard]] std::unique_ptr<Deployment> make_master(const Settings& settings, Target target,
                                                      std::shared_ptr<const tls::Context> tls);
/// A Redis Cluster (redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec).
[[nodiscard]] std::unique_ptr<Deployment> make_cluster(const Settings& settings, Target target,
                                                       std::shared_ptr<const tls::Context> tls);

}  // namespace twinfleet::redis

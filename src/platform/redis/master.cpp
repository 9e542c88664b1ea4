#include <algorithm>
#include <array>
#include <utility>

#include "platform/redis/batch.hpp"
#include "platform/redis/deployment.hpp"
#include "platform/redis/errors.hpp"
#include "platform/redis/sentinel.hpp"
#include "platform/redis/server_pool.hpp"

namespace twinfleet::redis {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// The only server that serves, wherever it is.
class Master final : public Deployment {
public:
    Master(const Settings& settings, ServerPool::Open open, bool may_change)
        : settings_(settings),
          may_change_(may_change),
          pool_(std::make_shared<ServerPool>(settings.connections_max, std::move(open))) {}

    [[nodiscard]] Answers run(std::span<const Command> commands, bool wait_for_replicas) override {
        // Where the master cannot change, nobody takes the place of it, and replicas are for something else.
        const bool is_waiting = wait_for_replicas && may_change_ && settings_.replica_wait_count > 0;
        std::array batches{
            Batch{.lease = ServerPool::Lease(pool_, SteadyClock::now() + settings_.connection_wait_timeout)}};
        Batch& batch = batches.front();
        for (const Command& command : commands) {
            batch.commands.push_back(&command);
        }
        auto timeout = settings_.command_timeout;
        if (is_waiting) {
            batch.replica_wait = {.replicas = settings_.replica_wait_count, .timeout = settings_.replica_wait_timeout};
            timeout += settings_.replica_wait_timeout;
        }
        try {
            static_cast<void>(batch.lease.connection(SteadyClock::now() + settings_.connect_timeout));
            redis::run(batches, SteadyClock::now() + timeout);
        } catch (...) {
            doubt();
            throw;
        }
        if (batch.failure) {
            doubt();
            std::rethrow_exception(batch.failure);
        }
        if (std::ranges::any_of(batch.answers, means_no_master)) {
            doubt();
        }
        return {.answers = std::move(batch.answers),
                .replicas = is_waiting ? std::optional(batch.replicas) : std::nullopt};
    }

    void ping() override {
        const Command command{"PING"};
        auto answers = run({&command, 1}, false).answers;
        if (const auto* error = std::get_if<ErrorReply>(&answers.front())) {
            throw_store_error("PING", error->text);
        }
    }

    [[nodiscard]] Pool::Usage usage() const override { return pool_->usage(); }

private:
    static bool means_no_master(const Answer& answer) {
        const auto* error = std::get_if<ErrorReply>(&answer);
        return error != nullptr && (error->text.starts_with("READONLY") || error->text.starts_with("MASTERDOWN"));
    }

    /// The other connections lead to the same server, which may be the master no longer.
    void doubt() {
        if (may_change_) {
            pool_->distrust();
        }
    }

    const Settings settings_;
    const bool may_change_;
    const std::shared_ptr<ServerPool> pool_;
};

}  // namespace

std::unique_ptr<Deployment> make_master(const Settings& settings, Target target,
                                        std::shared_ptr<const tls::Context> tls) {
    if (target.kind == Target::Kind::server) {
        auto open = [address = std::move(target.addresses.front()), tls = std::move(tls)](Deadline deadline) {
            return std::make_unique<Connection>(address, tls.get(), deadline);
        };
        return std::make_unique<Master>(settings, std::move(open), false);
    }
    auto sentinels = std::make_shared<Sentinels>(target, settings.sentinel_password);
    auto open = [sentinels = std::move(sentinels), tls = std::move(tls)](Deadline deadline) {
        return sentinels->connect_to_master(tls.get(), deadline);
    };
    return std::make_unique<Master>(settings, std::move(open), true);
}

}  // namespace twinfleet::redis

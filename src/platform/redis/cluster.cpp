// A call is cut into batches, one for each node, which are sent side by side. What a node does not serve goes on to the
// node that it names, in another round; what could not be sent at all, because no connection could be opened, goes to
// whoever has taken the place of the node. What was sent and not answered is not sent again. A node that fails takes
// the answers away from nobody but those who asked it. Nodes to which a connection is open are asked first, so that one
// that cannot be reached takes none of their time.
#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/redis/batch.hpp"
#include "platform/redis/deployment.hpp"
#include "platform/redis/errors.hpp"
#include "platform/redis/slots.hpp"
#include "platform/redis/topology.hpp"

namespace twinfleet::redis {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// A key may have moved on while its command was on the way; more than that is a cluster whose nodes do not agree.
constexpr int rounds_max = 6;

/// A node, and whether it is asked for keys that are on their way to it.
struct Destination {
    Endpoint node;
    bool is_asking = false;
    auto operator<=>(const Destination&) const = default;
};

/// The commands of a call that wait to be sent, by where to, and, for each destination, in the order of the call. The
/// destinations have one order, in which all calls take connections: no two wait for each other.
using Waiting = std::map<Destination, std::vector<std::size_t>>;

class Cluster final : public Deployment {
public:
    Cluster(const Settings& settings, std::vector<Address> seeds, std::shared_ptr<const tls::Context> tls)
        : settings_(settings), topology_(settings, std::move(seeds), std::move(tls)) {}

    [[nodiscard]] Answers run(std::span<const Command> commands, bool wait_for_replicas) override;
    void ping() override;
    [[nodiscard]] Pool::Usage usage() const override { return topology_.usage(); }

private:
    class Call;

    const Settings settings_;
    Topology topology_;
};

/// One call under way.
class Cluster::Call {
public:
    Call(Cluster& cluster, std::span<const Command> commands, bool wait_for_replicas)
        : settings_(cluster.settings_),
          topology_(cluster.topology_),
          commands_(commands),
          wait_deadline_(SteadyClock::now() + settings_.connection_wait_timeout),
          deadline_(SteadyClock::now() + settings_.connect_timeout + settings_.command_timeout),
          answers_(commands.size()),
          failures_(commands.size()) {
        if (wait_for_replicas && settings_.replica_wait_count > 0) {
            replica_wait_ =
                ReplicaWait{.replicas = settings_.replica_wait_count, .timeout = settings_.replica_wait_timeout};
            replicas_ = settings_.replica_wait_count;
            deadline_ += settings_.replica_wait_timeout;
        }
    }

    Answers run() {
        slots_.reserve(commands_.size());
        for (const Command& command : commands_) {
            slots_.push_back(slot_of(command));
        }
        map_ = topology_.slots(deadline_);
        Waiting waiting;
        for (std::size_t place = 0; place < commands_.size(); ++place) {
            if (const Endpoint* owner = owner_of(place)) {
                waiting[{.node = *owner}].push_back(place);
            }
        }
        for (int round = 0; !waiting.empty(); ++round) {
            if (round == rounds_max) {
                for (const auto& [destination, places] : waiting) {
                    fail(places, unavailable("the nodes of the cluster do not agree on a slot"));
                }
                break;
            }
            waiting = send(waiting);
        }
        return {.answers = std::move(answers_),
                .failures = std::move(failures_),
                .replicas = replica_wait_ ? std::optional(replicas_) : std::nullopt};
    }

private:
    using Places = std::vector<std::size_t>;

    static std::exception_ptr unavailable(const char* reason) {
        return std::make_exception_ptr(platform::StoreUnavailable(store_name, reason));
    }

    void fail(const Places& places, const std::exception_ptr& failure) {
        for (const auto place : places) {
            failures_[place] = failure;
        }
    }

    /// Sends what waits, and returns what has to be sent on.
    Waiting send(const Waiting& waiting) {
        Waiting next;
        std::vector<const Destination*> unconnected;
        {
            Sending connected;
            for (const auto& [destination, places] : waiting) {
                auto lease = lend(destination.node, places);
                if (lease && lease->has_connection()) {
                    connected.add(destination, *std::move(lease));
                } else if (lease) {
                    // Its place is given back meanwhile: the others are not kept waiting for what it takes to connect.
                    unconnected.push_back(&destination);
                }
            }
            run(connected, waiting, next);
        }
        if (!unconnected.empty() && !has_more_time_) {
            // What another node took of it must not be missing here; once for a call.
            has_more_time_ = true;
            const auto now = SteadyClock::now();
            deadline_ = std::max(deadline_, now + settings_.connect_timeout + command_timeout());
            wait_deadline_ = std::max(wait_deadline_, now + settings_.connection_wait_timeout);
        }
        Sending others;
        for (const Destination* destination : unconnected) {
            const Places& places = waiting.at(*destination);
            if (auto lease = lend(destination->node, places);
                lease && connect(*lease, destination->node, places, next)) {
                others.add(*destination, *std::move(lease));
            }
        }
        run(others, waiting, next);
        return next;
    }

    /// Batches that are sent side by side.
    struct Sending {
        std::vector<Batch> batches;
        std::vector<const Destination*> destinations;

        void add(const Destination& destination, ServerPool::Lease lease) {
            batches.push_back({.lease = std::move(lease), .is_asking = destination.is_asking});
            destinations.push_back(&destination);
        }
    };

    void run(Sending& sending, const Waiting& waiting, Waiting& next) {
        if (sending.batches.empty()) {
            return;
        }
        for (std::size_t i = 0; i < sending.batches.size(); ++i) {
            sending.batches[i].replica_wait = replica_wait_;
            for (const auto place : waiting.at(*sending.destinations[i])) {
                sending.batches[i].commands.push_back(&commands_[place]);
            }
        }
        redis::run(sending.batches, std::min(deadline_, SteadyClock::now() + command_timeout()));
        for (std::size_t i = 0; i < sending.batches.size(); ++i) {
            Batch& batch = sending.batches[i];
            const Destination& destination = *sending.destinations[i];
            const Places& places = waiting.at(destination);
            if (batch.failure) {
                fail(places, batch.failure);
                distrust(destination.node);
            } else {
                take_answers(batch, destination, places, next);
            }
        }
    }

    [[nodiscard]] std::chrono::milliseconds command_timeout() const {
        return settings_.command_timeout + (replica_wait_ ? replica_wait_->timeout : std::chrono::milliseconds(0));
    }

    /// A place in the pool of the node; nullopt when there is none, and `places` have failed.
    std::optional<ServerPool::Lease> lend(const Endpoint& node, const Places& places) {
        try {
            return std::optional<ServerPool::Lease>(std::in_place, topology_.pool_of(node), wait_deadline_);
        } catch (const std::runtime_error&) {
            fail(places, std::current_exception());
        }
        return std::nullopt;
    }

    /// Opens a connection. Where there cannot be one, `places` have failed or are sent to another node.
    bool connect(ServerPool::Lease& lease, const Endpoint& node, const Places& places, Waiting& next) {
        try {
            try {
                static_cast<void>(
                    lease.connection(std::min(deadline_, SteadyClock::now() + settings_.connect_timeout)));
                return true;
            } catch (const platform::StoreUnavailable&) {
                distrust(node);
                send_to_successor(places, node, std::current_exception(), next);
            }
        } catch (const std::runtime_error&) {
            fail(places, std::current_exception());
        }
        return false;
    }

    /// Nothing was sent, so it may be sent to whoever has taken the place of the node.
    void send_to_successor(const Places& places, const Endpoint& lost, const std::exception_ptr& failure,
                           Waiting& next) {
        map_ = topology_.refresh(map_, deadline_);
        for (const auto place : places) {
            const Endpoint* owner = owner_of(place);
            if (owner == nullptr) {
                continue;
            }
            if (*owner == lost || SteadyClock::now() >= deadline_) {
                failures_[place] = failure;
            } else {
                next[{.node = *owner}].push_back(place);
            }
        }
    }

    void take_answers(Batch& batch, const Destination& destination, const Places& places, Waiting& next) {
        bool is_any_done = false;
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (const auto* error = std::get_if<ErrorReply>(&batch.answers[i])) {
                if (auto redirection = read_redirection(error->text, destination.node.host)) {
                    if (redirection->is_for_good) {
                        topology_.doubt();
                    }
                    next[{.node = std::move(redirection->target), .is_asking = !redirection->is_for_good}].push_back(
                        places[i]);
                    continue;
                }
                if (means_another_server(error->text)) {
                    topology_.doubt();
                }
            }
            is_any_done = true;
            answers_[places[i]] = std::move(batch.answers[i]);
        }
        // A node that has sent everything on wrote nothing, and the replicas of it are no matter.
        if (replica_wait_ && is_any_done) {
            replicas_ = std::min(replicas_, batch.replicas);
        }
    }

    /// Who serves the command of this place; nullptr when nobody does, and the command has failed.
    [[nodiscard]] const Endpoint* owner_of(std::size_t place) {
        const Endpoint* owner = map_->owner_of(slots_[place]);
        if (owner == nullptr) {
            topology_.doubt();
            failures_[place] = unavailable("no node of the cluster serves a slot");
        }
        return owner;
    }

    void distrust(const Endpoint& node) {
        topology_.doubt(&node);
        // The other connections to it have most likely met the same.
        topology_.pool_of(node)->distrust();
    }

    const Settings& settings_;
    Topology& topology_;
    const std::span<const Command> commands_;
    Deadline wait_deadline_;
    Deadline deadline_;
    bool has_more_time_ = false;
    std::optional<ReplicaWait> replica_wait_;
    std::vector<std::uint16_t> slots_;
    std::shared_ptr<const SlotMap> map_;
    std::vector<Answer> answers_;
    std::vector<std::exception_ptr> failures_;
    std::size_t replicas_ = 0;
};

Answers Cluster::run(std::span<const Command> commands, bool wait_for_replicas) {
    return Call(*this, commands, wait_for_replicas).run();
}

void Cluster::ping() {
    const auto deadline = SteadyClock::now() + settings_.connect_timeout + settings_.command_timeout;
    const auto map = topology_.slots(deadline);
    const Command command{"PING"};
    std::exception_ptr reason;
    // While one master is lost, the others serve.
    for (const Endpoint& node : map->masters) {
        const auto now = SteadyClock::now();
        try {
            std::vector<Batch> batches;
            batches.push_back(
                {.lease = ServerPool::Lease(topology_.pool_of(node), now + settings_.connection_wait_timeout),
                 .commands = {&command}});
            static_cast<void>(batches.front().lease.connection(std::min(deadline, now + settings_.connect_timeout)));
            redis::run(batches, std::min(deadline, now + settings_.command_timeout));
            if (batches.front().failure) {
                std::rethrow_exception(batches.front().failure);
            }
            if (const auto* error = std::get_if<ErrorReply>(&batches.front().answers.front())) {
                throw_store_error("PING", error->text);
            }
            return;
        } catch (const std::runtime_error&) {
            reason = std::current_exception();
            topology_.doubt(&node);
        }
    }
    if (reason) {
        std::rethrow_exception(reason);
    }
    throw platform::StoreUnavailable(store_name, "the cluster has no master");
}

}  // namespace

std::unique_ptr<Deployment> make_cluster(const Settings& settings, Target target,
                                         std::shared_ptr<const tls::Context> tls) {
    return std::make_unique<Cluster>(settings, std::move(target.addresses), std::move(tls));
}

}  // namespace twinfleet::redis

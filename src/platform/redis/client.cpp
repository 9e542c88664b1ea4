#include "platform/redis/client.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/redis/connection.hpp"
#include "platform/redis/errors.hpp"
#include "platform/redis/uri.hpp"

namespace twinfleet::redis {
namespace {

using Slot = std::unique_ptr<Connection>;

/// The places of commands whose script the server does not know.
std::vector<std::size_t> find_unknown_scripts(std::span<const Command> commands, const std::vector<Answer>& answers) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        const auto* error = std::get_if<ErrorReply>(&answers[i]);
        if (error != nullptr && commands[i].script() != nullptr && means_unknown_script(error->text)) {
            places.push_back(i);
        }
    }
    return places;
}

/// Makes the scripts known and sends their commands again.
void resend(Connection& connection, std::span<const Command> commands, const std::vector<std::size_t>& places,
            std::vector<Answer>& answers, Deadline deadline) {
    std::string wire;
    std::vector<const Script*> loaded;
    for (const auto place : places) {
        const Script* const script = commands[place].script();
        const auto is_same = [script](const Script* other) { return other->sha1() == script->sha1(); };
        if (std::ranges::none_of(loaded, is_same)) {
            append_to_wire(wire, {"SCRIPT", "LOAD", script->source()});
            loaded.push_back(script);
        }
    }
    for (const auto place : places) {
        append_to_wire(wire, commands[place].parts());
    }
    auto again = connection.exchange(wire, loaded.size() + places.size(), deadline);
    for (std::size_t i = 0; i < loaded.size(); ++i) {
        if (const auto* error = std::get_if<ErrorReply>(&again[i])) {
            throw_store_error("SCRIPT LOAD", error->text);
        }
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        answers[places[i]] = std::move(again[loaded.size() + i]);
    }
}

/// A connection whose server cannot serve is not used again: the next one may lead to another server.
bool is_any_unavailable(const std::vector<Answer>& answers) {
    return std::ranges::any_of(answers, [](const Answer& answer) {
        const auto* error = std::get_if<ErrorReply>(&answer);
        return error != nullptr && means_unavailable(error->text);
    });
}

std::vector<Reply> replies_of(std::span<const Command> commands, std::vector<Answer>&& answers) {
    std::vector<Reply> replies;
    replies.reserve(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (const auto* error = std::get_if<ErrorReply>(&answers[i])) {
            throw_store_error(commands[i].parts().front(), error->text);
        }
        replies.push_back(std::get<Reply>(std::move(answers[i])));
    }
    return replies;
}

}  // namespace

struct Pool::State {
    explicit State(const Settings& chosen)
        : settings(chosen),
          address(parse_uri(chosen.uri)),
          connections_max(std::max<std::size_t>(chosen.connections_max, 1)) {
        idle.reserve(connections_max);
    }

    /// The right to one connection.
    class Lease;

    /// Waits for a free place; an idle connection, or nothing if there is none that can be used.
    [[nodiscard]] Slot acquire();
    /// Gives the place back, with the connection unless it is null.
    void release(Slot connection) noexcept;

    // Constant after construction.
    const Settings settings;
    const Address address;
    const std::size_t connections_max;

    mutable std::mutex mutex;
    std::condition_variable released;
    // Guarded by `mutex`. The youngest idle connection is last and is used first.
    std::vector<Slot> idle;
    std::size_t in_use = 0;
};

Slot Pool::State::acquire() {
    // Those are closed behind the mutex.
    std::vector<Slot> unfit;
    std::unique_lock lock(mutex);
    if (!released.wait_for(lock, settings.connection_wait_timeout, [this] { return in_use < connections_max; })) {
        throw platform::StoreUnavailable(store_name, "all connections of the pool stayed in use");
    }
    ++in_use;
    while (!idle.empty()) {
        auto connection = std::move(idle.back());
        idle.pop_back();
        if (connection->is_fit()) {
            return connection;
        }
        unfit.push_back(std::move(connection));
    }
    return nullptr;
}

void Pool::State::release(Slot connection) noexcept {
    {
        const std::lock_guard lock(mutex);
        --in_use;
        if (connection != nullptr) {
            idle.push_back(std::move(connection));
        }
    }
    released.notify_one();
}

class Pool::State::Lease {
public:
    explicit Lease(State& state) : state_(state), connection_(state.acquire()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { state_.release(is_good_ ? std::move(connection_) : nullptr); }

    [[nodiscard]] std::vector<Answer> exchange(std::span<const Command> commands) {
        if (connection_ == nullptr) {
            connection_ = std::make_unique<Connection>(state_.address, state_.settings.connect_timeout);
        }
        std::string wire;
        for (const auto& command : commands) {
            append_to_wire(wire, command.parts());
        }
        const auto deadline = std::chrono::steady_clock::now() + state_.settings.command_timeout;
        auto answers = connection_->exchange(wire, commands.size(), deadline);
        if (const auto places = find_unknown_scripts(commands, answers); !places.empty()) {
            resend(*connection_, commands, places, answers, deadline);
        }
        is_good_ = !is_any_unavailable(answers);
        return answers;
    }

private:
    State& state_;
    Slot connection_;
    /// All that was sent has been answered.
    bool is_good_ = false;
};

Pool::Pool(const Settings& settings) : state_(std::make_unique<State>(settings)) {}

Pool::~Pool() = default;

Reply Pool::call(const Command& command) const {
    return std::move(pipeline({&command, 1}).front());
}

std::vector<Reply> Pool::pipeline(std::span<const Command> commands) const {
    if (commands.empty()) {
        return {};
    }
    const auto exchange = [&] {
        State::Lease lease(*state_);
        return lease.exchange(commands);
    };
    return replies_of(commands, exchange());
}

void Pool::ping() const {
    static_cast<void>(call({"PING"}));
}

Pool::Usage Pool::usage() const {
    const std::lock_guard lock(state_->mutex);
    return {.open = state_->idle.size() + state_->in_use, .in_use = state_->in_use, .max = state_->connections_max};
}

}  // namespace twinfleet::redis

#include "platform/http_client/client.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "platform/http_client/base_url.hpp"
#include "platform/tls/ca_file.hpp"
#include "platform/http_client/transfer.hpp"

namespace twinfleet::http {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

void refuse_what_would_end_a_field(std::string_view text) {
    if (std::any_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; })) {
        throw std::invalid_argument("a field of a request may not hold CR, LF or NUL");
    }
}

void refuse_what_no_request_can_hold(std::string_view method, std::string_view target, const Headers& headers) {
    if (method.empty() || !std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
        throw std::invalid_argument("a method is of upper-case letters");
    }
    if (!target.starts_with('/') ||
        std::any_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c > '~'; })) {
        throw std::invalid_argument("a target begins with a slash and holds neither spaces nor what must be encoded");
    }
    for (const auto& [name, value] : headers) {
        if (name.empty() ||
            std::any_of(name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~' || c == ':' || c == ';'; })) {
            throw std::invalid_argument("the name of a field is of visible characters without a colon");
        }
        refuse_what_would_end_a_field(value);
    }
}

}  // namespace

void check_bearer_token(std::string_view token) {
    refuse_what_would_end_a_field(token);
}

struct Client::State {
    explicit State(const ClientSettings& chosen) : settings(chosen), base_url(parse_base_url(chosen.base_url)) {
        if (settings.connections_max == 0) {
            throw std::invalid_argument("a client needs a connection");
        }
        check_bearer_token(settings.bearer_token);
        if (!settings.ca_file.empty()) {
            tls::check_ca_file(settings.ca_file);
        }
    }

    [[noreturn]] void give_up(const std::string& reason) const { throw RequestGivenUp(settings.peer_name, reason); }

    /// The right to one connection.
    class Place {
    public:
        Place(State& state, Deadline deadline, const std::stop_token& stop) : state_(state) {
            std::unique_lock lock(state_.mutex);
            const auto is_free = [this] { return state_.in_use < state_.settings.connections_max; };
            if (!is_free()) {
                if (state_.waiting >= state_.settings.waiting_max) {
                    state_.give_up("too many requests to it are under way");
                }
                ++state_.waiting;
                const bool became_free = state_.place_freed.wait_until(lock, stop, deadline, is_free);
                --state_.waiting;
                if (!became_free) {
                    state_.give_up(stop.stop_requested() ? "the program is to stop" : "all connections are in use");
                }
            }
            ++state_.in_use;
        }
        ~Place() {
            {
                const std::lock_guard lock(state_.mutex);
                --state_.in_use;
            }
            state_.place_freed.notify_one();
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        State& state_;
    };

    std::unique_ptr<Transfer> take_kept_or_new() {
        {
            const std::lock_guard lock(mutex);
            if (!kept.empty()) {
                auto transfer = std::move(kept.back());
                kept.pop_back();
                return transfer;
            }
        }
        return std::make_unique<Transfer>(base_url, settings);
    }

    void keep(std::unique_ptr<Transfer> transfer) {
        const std::lock_guard lock(mutex);
        kept.push_back(std::move(transfer));
    }

    // Constant after construction.
    const ClientSettings settings;
    const BaseUrl base_url;

    std::mutex mutex;
    std::condition_variable_any place_freed;
    // Guarded by mutex.
    std::size_t in_use = 0;
    std::size_t waiting = 0;
    /// Each with a connection that may still be good. The one used last is at the end.
    std::vector<std::unique_ptr<Transfer>> kept;
};

Client::Client(const ClientSettings& settings) : state_(std::make_unique<State>(settings)) {}

Client::~Client() = default;

Response Client::request(std::string_view method, std::string_view target, std::string_view body,
                         const Headers& headers, const std::stop_token& stop) const {
    using std::chrono::milliseconds;
    refuse_what_no_request_can_hold(method, target, headers);
    const State::Place place(*state_, SteadyClock::now() + state_->settings.request_timeout, stop);
    // From here on: a peer that is given less than its time because others were before would look like one that fails.
    const auto deadline = SteadyClock::now() + state_->settings.request_timeout;
    auto transfer = state_->take_kept_or_new();
    const std::string whole_target = state_->base_url.path + std::string(target);
    auto outcome = transfer->perform({.method = method, .target = whole_target, .body = body, .headers = headers},
                                     std::chrono::ceil<milliseconds>(deadline - SteadyClock::now()), stop);
    switch (outcome.kind) {
        case Transfer::Outcome::Kind::stopped:
            state_->give_up("the program is to stop");
        case Transfer::Outcome::Kind::failed:
            throw platform::StoreUnavailable(state_->settings.peer_name, outcome.reason);
        case Transfer::Outcome::Kind::answered:
            break;
    }
    state_->keep(std::move(transfer));
    return std::move(outcome.response);
}

}  // namespace twinfleet::http

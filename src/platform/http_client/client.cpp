#include "platform/http_client/client.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

#include "platform/concurrency/item_pool.hpp"
#include "platform/http_client/base_url.hpp"
#include "platform/http_client/transfer.hpp"
#include "platform/net/loopback.hpp"
#include "platform/tls/ca_file.hpp"

namespace twinfleet::http {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;
using Transfers = platform::ItemPool<Transfer>;

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

bool is_sent_in_plain(const ClientSettings& settings) {
    if (settings.base_url.empty()) {
        return false;
    }
    const BaseUrl url = parse_base_url(settings.base_url);
    if (url.is_encrypted) {
        return false;
    }
    // http://host:port
    const std::string_view authority = std::string_view(url.origin).substr(url.origin.find("//") + 2);
    const auto colon = authority.find(':', authority.rfind(']') + 1);
    return !net::is_on_this_machine(authority.substr(0, colon));
}

struct Client::State {
    explicit State(const ClientSettings& chosen)
        : settings(chosen),
          base_url(parse_base_url(chosen.base_url)),
          transfers({.items_max = chosen.connections_max, .waiting_max = chosen.waiting_max}) {
        if (settings.connections_max == 0) {
            throw std::invalid_argument("a client needs a connection");
        }
        check_bearer_token(settings.bearer_token);
        if (!settings.ca_file.empty()) {
            tls::check_ca_file(settings.ca_file);
        }
    }

    [[noreturn]] void give_up(const std::string& reason) const { throw RequestGivenUp(settings.peer_name, reason); }

    /// The right to one connection, and the one that was used last, if any is left.
    [[nodiscard]] Transfers::Lease lease(Deadline deadline, const std::stop_token& stop) {
        auto lent = transfers.lease(deadline, stop);
        if (const auto* reason = std::get_if<platform::NoItem>(&lent)) {
            switch (*reason) {
                case platform::NoItem::too_many_waiting:
                    give_up("too many requests to it are under way");
                case platform::NoItem::timed_out:
                    give_up("all connections are in use");
                case platform::NoItem::stopped:
                    give_up("the program is to stop");
            }
        }
        auto lease = std::get<Transfers::Lease>(std::move(lent));
        if (lease.item == nullptr) {
            lease.item = std::make_unique<Transfer>(base_url, settings);
        }
        return lease;
    }

    // Constant after construction.
    const ClientSettings settings;
    const BaseUrl base_url;

    /// Each with a connection that may still be good.
    Transfers transfers;
};

Client::Client(const ClientSettings& settings) : state_(std::make_unique<State>(settings)) {}

Client::~Client() = default;

Response Client::request(std::string_view method, std::string_view target, std::string_view body,
                         const Headers& headers, const std::stop_token& stop) const {
    using std::chrono::milliseconds;
    refuse_what_no_request_can_hold(method, target, headers);
    auto lease = state_->lease(SteadyClock::now() + state_->settings.request_timeout, stop);
    // From here on: a peer that is given less than its time because others were before would look like one that fails.
    const auto deadline = SteadyClock::now() + state_->settings.request_timeout;
    const std::string whole_target = state_->base_url.path + std::string(target);
    auto outcome = lease.item->perform({.method = method, .target = whole_target, .body = body, .headers = headers},
                                       std::chrono::ceil<milliseconds>(deadline - SteadyClock::now()), stop);
    switch (outcome.kind) {
        case Transfer::Outcome::Kind::stopped:
            state_->give_up("the program is to stop");
        case Transfer::Outcome::Kind::failed:
            throw platform::StoreUnavailable(state_->settings.peer_name, outcome.reason);
        case Transfer::Outcome::Kind::answered:
            break;
    }
    lease.keep();
    return std::move(outcome.response);
}

}  // namespace twinfleet::http

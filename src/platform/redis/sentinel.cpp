#include "platform/redis/sentinel.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

Answer ask(Connection& connection, const std::vector<std::string>& question, Deadline deadline) {
    std::string wire;
    append_to_wire(wire, question);
    return std::move(connection.exchange(wire, 1, deadline).front());
}

/// What a sentinel answers: host and port; nullopt when it does not know the master, or answers with an error.
std::optional<std::pair<std::string, std::uint16_t>> read_master(const Answer& answer) {
    const auto* reply = std::get_if<Reply>(&answer);
    if (reply == nullptr || reply->kind() != Reply::Kind::array || reply->items().size() != 2) {
        return std::nullopt;
    }
    const std::string& text = reply->items()[1].text();
    std::uint16_t port = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || port == 0) {
        return std::nullopt;
    }
    return std::pair(reply->items()[0].text(), port);
}

bool says_master(const Answer& role) {
    const auto* reply = std::get_if<Reply>(&role);
    return reply != nullptr && reply->kind() == Reply::Kind::array && !reply->items().empty() &&
           reply->items()[0].text() == "master";
}

}  // namespace

Sentinels::Sentinels(const Target& target, const std::string& password)
    : master_name_(target.master_name), master_(target.addresses.front()), addresses_(target.addresses) {
    for (Address& sentinel : addresses_) {
        sentinel.user.clear();
        sentinel.password = password.empty() ? std::nullopt : std::optional(password);
        sentinel.database = 0;
    }
}

Address Sentinels::find_master(const tls::Context* tls, Deadline deadline) {
    std::vector<Address> addresses;
    {
        const std::lock_guard lock(mutex_);
        addresses = addresses_;
    }
    std::string reason = "no sentinel answers";
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        // One that hangs leaves time for the others, and for the master.
        const auto now = std::chrono::steady_clock::now();
        const auto share = (deadline - now) / static_cast<int>(addresses.size() - i + 1);
        try {
            Connection sentinel(addresses[i], tls, now + share);
            const auto found =
                read_master(ask(sentinel, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name_}, now + share));
            if (!found) {
                reason = "the sentinels do not know the master";
                continue;
            }
            const std::lock_guard lock(mutex_);
            const auto place = std::ranges::find(addresses_, addresses[i]);
            std::rotate(addresses_.begin(), place, place + 1);
            Address master = master_;
            master.host = found->first;
            master.port = found->second;
            return master;
        } catch (const platform::StoreUnavailable&) {
            continue;
        } catch (const platform::StoreRefused&) {
            reason = "the sentinels refuse to be asked";
        }
    }
    throw platform::StoreUnavailable(store_name, reason);
}

std::unique_ptr<Connection> Sentinels::connect_to_master(const tls::Context* tls, Deadline deadline) {
    const Address address = find_master(tls, deadline);
    auto connection = std::make_unique<Connection>(address, tls, deadline);
    // While a failover is under way, sentinels may still name the old master.
    if (!says_master(ask(*connection, {"ROLE"}, deadline))) {
        throw platform::StoreUnavailable(store_name, "the server that the sentinels name is not the master");
    }
    return connection;
}

}  // namespace twinfleet::redis

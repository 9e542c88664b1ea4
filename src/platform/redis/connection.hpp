#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/redis/client.hpp"
#include "platform/redis/uri.hpp"

struct redisContext;
struct redisReply;

namespace twinfleet::redis {

using Deadline = std::chrono::steady_clock::time_point;

/// The text of an error reply: `WRONGTYPE Operation against...`.
struct ErrorReply {
    std::string text;
};
using Answer = std::variant<Reply, ErrorReply>;

/// Appends a command as it goes over the wire.
void append_to_wire(std::string& wire, const std::vector<std::string>& parts);

/// One connection. hiredis connects and reads the protocol; the sending is done here, as hiredis would let SIGPIPE end
/// the process when the server has gone. After an exception it is of no use any more.
class Connection {
public:
    /// Connects, shows who we are, and selects the database. Looking up the name of a host is not bounded by the
    /// time-out. Throws platform::StoreUnavailable or StoreRefused.
    Connection(const Address& address, std::chrono::milliseconds timeout);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Whether the server has neither closed it nor sent what nobody asked for, as far as can be seen from here.
    [[nodiscard]] bool is_fit() const;
    /// Sends all and reads so many answers. Throws platform::StoreUnavailable.
    [[nodiscard]] std::vector<Answer> exchange(std::string_view wire, std::size_t answers_expected, Deadline deadline);

private:
    void introduce(const Address& address, Deadline deadline);
    /// Takes the answers that have come whole.
    void take_answers(std::vector<Answer>& answers, std::size_t answers_expected);

    struct Free {
        void operator()(redisContext* context) const noexcept;
    };
    std::unique_ptr<redisContext, Free> context_;
};

}  // namespace twinfleet::redis

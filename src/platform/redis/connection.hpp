#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
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

/// Appends a command to `wire` in the form in which it is sent.
void append_to_wire(std::string& wire, const std::vector<std::string>& parts);

/// One connection. hiredis connects and reads the protocol; sending is done here, because hiredis would let SIGPIPE end
/// the process when the server has gone. After an exception the connection cannot be used any more.
class Connection {
public:
    /// Connects, logs in, and selects the database, within `timeout`; looking up the name of a host may take longer.
    /// Throws platform::StoreUnavailable or platform::StoreRefused.
    Connection(const Address& address, std::chrono::milliseconds timeout);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Whether the connection can be used, as far as can be seen from here: the server has neither closed it nor sent
    /// anything that was not asked for.
    [[nodiscard]] bool is_fit() const;
    /// Sends `wire` and reads `answers_expected` answers until `deadline`. Throws platform::StoreUnavailable.
    [[nodiscard]] std::vector<Answer> exchange(std::string_view wire, std::size_t answers_expected, Deadline deadline);
    /// Waits for the next answer that the server sends by itself, as it does after SUBSCRIBE. nullopt when none has
    /// come by `deadline`; the connection is still good then. Throws platform::StoreUnavailable.
    [[nodiscard]] std::optional<Answer> receive(Deadline deadline);
    /// Breaks the connection off: whoever is waiting in a function of this object gets platform::StoreUnavailable. The
    /// one function that another thread may call meanwhile.
    void interrupt() noexcept;

private:
    void introduce(const Address& address, Deadline deadline);
    /// Moves the answers that have arrived completely into `answers`.
    void take_answers(std::vector<Answer>& answers, std::size_t answers_expected);
    /// Gives the reader what has arrived. Returns whether there may be more.
    bool read_some();

    struct Free {
        void operator()(redisContext* context) const noexcept;
    };
    std::unique_ptr<redisContext, Free> context_;
};

}  // namespace twinfleet::redis

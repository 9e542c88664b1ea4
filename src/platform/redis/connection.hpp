#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/redis/client.hpp"
#include "platform/redis/socket.hpp"
#include "platform/redis/uri.hpp"

struct redisReader;

namespace twinfleet::redis {

/// The text of an error reply: `WRONGTYPE Operation against...`.
struct ErrorReply {
    std::string text;
};
using Answer = std::variant<Reply, ErrorReply>;

/// Appends a command to `wire` in the form in which it is sent: an array of bulk strings
/// (redis.io/docs/latest/develop/reference/protocol-spec, "Sending commands to a Redis server").
void append_to_wire(std::string& wire, const std::vector<std::string>& parts);

/// One connection to one server. hiredis reads what comes. After an exception the connection cannot be
/// used any more.
class Connection {
public:
    /// Connects, logs in, and selects the database, until `deadline`; looking up the name of a host may take longer.
    /// `tls` is needed when the address wants TLS. Throws platform::StoreUnavailable or platform::StoreRefused.
    Connection(const Address& address, const tls::Context* tls, Deadline deadline);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Whether the connection can be used, as far as can be seen from here: the server has neither closed it nor sent
    /// anything that was not asked for.
    [[nodiscard]] bool is_fit() { return socket_.is_quiet(); }
    /// Sends `wire` and reads `answers_expected` answers until `deadline`. Throws platform::StoreUnavailable.
    [[nodiscard]] std::vector<Answer> exchange(std::string_view wire, std::size_t answers_expected, Deadline deadline);
    /// Waits for the next answer that the server sends by itself, as it does after SUBSCRIBE. nullopt when none has
    /// come by `deadline`; the connection is still good then. Throws platform::StoreUnavailable.
    [[nodiscard]] std::optional<Answer> receive(Deadline deadline);
    /// Breaks the connection off: whoever is waiting in a function of this object gets platform::StoreUnavailable. The
    /// one function that another thread may call meanwhile.
    void interrupt() noexcept { socket_.interrupt(); }

private:
    friend class ExchangeUnderWay;
    void introduce(const Address& address, Deadline deadline);
    /// Gives the reader what has arrived. Returns whether that was anything.
    bool read_some();
    /// Moves the answers that have arrived completely into `answers`.
    void take_answers(std::vector<Answer>& answers, std::size_t answers_expected);

    struct FreeReader {
        void operator()(redisReader* reader) const noexcept;
    };
    Socket socket_;
    std::unique_ptr<redisReader, FreeReader> reader_;
};

/// What is to be sent over one connection, and what comes back.
struct Exchange {
    Connection* connection = nullptr;
    std::string_view wire = {};
    std::size_t answers_expected = 0;
    /// Set by run(): all answers, or why there are not all of them (a platform::StoreUnavailable).
    std::vector<Answer> answers = {};
    std::exception_ptr failure = {};
};

/// Sends and reads over several connections side by side, so that all together take no longer than the slowest. One
/// that fails does not keep the others from their answers. Throws std::bad_alloc alone.
void run(std::span<Exchange> exchanges, Deadline deadline);

}  // namespace twinfleet::redis

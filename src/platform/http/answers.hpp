#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "platform/http/message.hpp"

/// Takes answers, which may be given on any thread and at any time, to the connections of a server, all of which are on
/// one thread: the I/O thread.
namespace twinfleet::http::detail {

/// The answer to one request on its way to the connection that waits for it. Used on the I/O thread only.
struct Exchange {
    /// Called when the answer is there. Empty once the connection has stopped waiting; an answer is then dropped.
    std::function<void()> wake_up;
    std::optional<Response> answer = std::nullopt;

    /// Takes the answer and calls wake_up.
    void take(Response response);
};

/// Ends an exchange when the scope ends, before the connection does: an answer that comes later is dropped.
class ExchangeGuard {
public:
    explicit ExchangeGuard(Exchange& exchange) : exchange_(exchange) {}
    ~ExchangeGuard() { exchange_.wake_up = nullptr; }
    ExchangeGuard(const ExchangeGuard&) = delete;
    ExchangeGuard& operator=(const ExchangeGuard&) = delete;

private:
    Exchange& exchange_;
};

/// The place where answers arrive. It outlives the server as long as a Reply is left.
class Answers : public std::enable_shared_from_this<Answers> {
public:
    /// Has hand_on() of the given Answers called on the I/O thread, soon.
    using Schedule = std::function<void(std::shared_ptr<Answers>)>;
    explicit Answers(Schedule schedule) : schedule_(std::move(schedule)) {}

    /// Takes an answer; may be called on any thread. An answer that the I/O thread gives itself is handed on at once.
    void arrive(std::shared_ptr<Exchange> exchange, Response response);
    /// Gives the exchanges what has arrived for them. To be called on the I/O thread.
    void hand_on();

    /// Makes the calling thread the I/O thread.
    void belong_to_this_thread() const;
    /// Drops everything that arrives from now on, and schedules nothing any more.
    void close();

private:
    struct Arrived {
        std::shared_ptr<Exchange> exchange;
        Response response;
    };

    std::mutex mutex_;
    // Guarded by mutex_.
    Schedule schedule_;
    std::vector<Arrived> arrived_;
};

}  // namespace twinfleet::http::detail

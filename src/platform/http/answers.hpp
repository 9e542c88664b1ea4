#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "platform/http/message.hpp"

/// How answers, which may be given on any thread and at any time, come to the connections of a server, all of which
/// live on one thread: the I/O thread.
namespace twinfleet::http::detail {

/// One request's answer on its way to the connection that waits for it. Belongs to the I/O thread.
struct Exchange {
    /// Called when the answer is there. Empty once the connection waits no more; an answer then goes nowhere.
    std::function<void()> wake_up;
    std::optional<Response> answer = std::nullopt;

    void take(Response response);
};

/// Ends an exchange before its connection does.
class ExchangeGuard {
public:
    explicit ExchangeGuard(Exchange& exchange) : exchange_(exchange) {}
    ~ExchangeGuard() { exchange_.wake_up = nullptr; }
    ExchangeGuard(const ExchangeGuard&) = delete;
    ExchangeGuard& operator=(const ExchangeGuard&) = delete;

private:
    Exchange& exchange_;
};

/// Where answers arrive. Outlives the server as long as somebody holds a Reply.
class Answers : public std::enable_shared_from_this<Answers> {
public:
    /// Calls hand_on() of the answers that it is given on the I/O thread, soon.
    using Schedule = std::function<void(std::shared_ptr<Answers>)>;
    explicit Answers(Schedule schedule) : schedule_(std::move(schedule)) {}

    /// From any thread. An answer that the I/O thread itself gives is taken at once.
    void arrive(std::shared_ptr<Exchange> exchange, Response response);
    /// On the I/O thread: gives the exchanges what has arrived for them.
    void hand_on();

    /// The calling thread is the I/O thread from now on.
    void belong_to_this_thread() const;
    /// What arrives from now on goes nowhere, and nothing is scheduled any more.
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

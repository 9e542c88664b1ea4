// The translation unit of the server that sees Boost.Asio: the life of its connections.
//
// All sockets live on one thread, the I/O thread, so nothing about them is locked. A connection is a coroutine: read a
// request, hand it over, wait for its answer, write it, and so on. What its bytes mean is RequestReader's to find out,
// and Answers brings the answers that other threads give. No operation has a timer of its own: a connection notes until
// when it must have got on, and a sweep over all connections hangs up on those that have not.
#include "platform/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <exception>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "platform/errors/reason.hpp"
#include "platform/http/answers.hpp"
#include "platform/http/body_budget.hpp"
#include "platform/http/connection.hpp"
#include "platform/http/listening.hpp"

namespace twinfleet::http {

namespace {

namespace asio = boost::asio;
using detail::Connection;
using detail::ErrorCode;
using detail::never;
using detail::Socket;
using detail::SteadyClock;
using detail::Timer;
using detail::with_error;
using Coroutine = asio::awaitable<void, detail::Executor>;

/// For the first bytes of a request, which are the whole of most, and for more.
constexpr std::size_t first_read_bytes = std::size_t{4} << 10;
constexpr std::size_t read_bytes = std::size_t{16} << 10;
/// The longest body that is read for the sake of the connection alone.
constexpr std::size_t dropped_body_bytes_max = std::size_t{64} << 10;
/// How long a client may take to read a last answer.
constexpr std::chrono::seconds linger_time{1};

}  // namespace

class Server::State {
public:
    State(ServerSettings settings, Handlers handlers, std::stop_token stop)
        : settings_(std::move(settings)),
          handlers_(std::move(handlers)),
          answers_(std::make_shared<detail::Answers>([this](std::shared_ptr<detail::Answers> answers) {
              asio::post(io_, [answers = std::move(answers)] { answers->hand_on(); });
          })),
          acceptor_(io_),
          room_timer_(io_, never),
          sweep_timer_(io_, never),
          drain_timer_(io_, never) {
        port_ = detail::listen(acceptor_, settings_.listen);
        spawn(accept());
        spawn(sweep());
        // Last: from here on others use this object.
        io_thread_ = std::jthread([this] { run(); });
        on_stop_.emplace(std::move(stop), [this] { stop_soon(); });
    }

    ~State() {
        on_stop_.reset();
        stop_soon();
        io_thread_.join();
        answers_->close();
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::size_t connections() const noexcept { return connection_count_; }

private:
    struct EndConnection {
        State* server;
        void operator()(Connection* connection) const {
            server->connection_ended(*connection);
            std::default_delete<Connection>()(connection);
        }
    };
    using OwnedConnection = std::unique_ptr<Connection, EndConnection>;

    void run();
    void spawn(Coroutine coroutine);
    Coroutine accept();
    void begin_serving(Socket socket);
    Coroutine serve(OwnedConnection owned);
    void begin_waiting(Connection& connection);
    void wait_at(Connection& connection, std::list<Connection*>::iterator place);
    void end_waiting(Connection& connection);
    bool hang_up_on_longest_waiting();
    Admission admit(Connection& connection) const;
    std::shared_ptr<detail::Exchange> hand_over(Connection& connection, const Admission& admission) const;
    void revise_refusal(detail::RequestReader& reader) const;
    Coroutine sweep();
    Coroutine drain();
    [[nodiscard]] std::chrono::milliseconds sweep_interval() const;
    void connection_ended(Connection& connection);
    void stop_soon() {
        asio::post(io_, [this] { stop(); });
    }
    void stop();
    void report(std::string_view what) const noexcept;
    void report_current_exception() const noexcept;

    // Constant after construction.
    const ServerSettings settings_;
    const Handlers handlers_;
    std::uint16_t port_ = 0;

    std::atomic<std::size_t> connection_count_ = 0;

    // Of the I/O thread.
    std::unordered_set<Connection*> connections_;
    /// Those that wait for their clients, the longest first.
    std::list<Connection*> waiting_;
    detail::BodyBudget body_budget_{settings_.bodies_bytes_max};
    bool stopping_ = false;

    /// What is declared above it outlives the connections, what is declared below it does not.
    asio::io_context io_{1};
    const std::shared_ptr<detail::Answers> answers_;
    detail::Acceptor acceptor_;
    Timer room_timer_;
    Timer sweep_timer_;
    Timer drain_timer_;

    std::jthread io_thread_;
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

void Server::State::run() {
    answers_->belong_to_this_thread();
    while (true) {
        try {
            io_.run();
            return;
        } catch (...) {
            report_current_exception();
        }
    }
}

void Server::State::spawn(Coroutine coroutine) {
    asio::co_spawn(io_, std::move(coroutine), [](const std::exception_ptr& error) {
        if (error) {
            std::rethrow_exception(error);
        }
    });
}

Coroutine Server::State::accept() {
    while (!stopping_) {
        if (connections_.size() >= settings_.connections_max && waiting_.empty()) {
            co_await room_timer_.async_wait(with_error);
            continue;
        }
        auto [error, socket] = co_await acceptor_.async_accept(with_error);
        // Clients that send nothing must not keep out those that do.
        bool is_making_room = false;
        while (!stopping_ && !error && connections_.size() >= settings_.connections_max) {
            is_making_room = is_making_room || hang_up_on_longest_waiting();
            co_await room_timer_.async_wait(with_error);
        }
        if (stopping_) {
            co_return;
        }
        if (!error) {
            try {
                begin_serving(std::move(socket));
            } catch (...) {
                report_current_exception();
            }
            continue;
        }
        // E.g. no file descriptors are left: it does not help to ask again at once.
        if (error == asio::error::no_descriptors) {
            hang_up_on_longest_waiting();
        }
        Timer pause(io_, std::chrono::milliseconds(100));
        co_await pause.async_wait(with_error);
    }
}

void Server::State::begin_waiting(Connection& connection) {
    connection.begin_request(settings_);
    wait_at(connection, waiting_.end());
}

void Server::State::wait_at(Connection& connection, std::list<Connection*>::iterator place) {
    connection.waiting_place = waiting_.insert(place, &connection);
    if (connections_.size() >= settings_.connections_max) {
        // Its place may be given to another one now.
        room_timer_.cancel();
    }
}

void Server::State::end_waiting(Connection& connection) {
    if (connection.waiting_place) {
        waiting_.erase(*connection.waiting_place);
        connection.waiting_place.reset();
    }
}

bool Server::State::hang_up_on_longest_waiting() {
    if (waiting_.empty()) {
        return false;
    }
    Connection& connection = *waiting_.front();
    end_waiting(connection);
    connection.close();
    return true;
}

void Server::State::begin_serving(Socket socket) {
    ErrorCode ignored;
    // Else the second of two answers would wait for the client to acknowledge the first.
    socket.set_option(detail::Tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    OwnedConnection connection(new Connection(std::move(socket), settings_, body_budget_), EndConnection{this});
    connections_.insert(connection.get());
    connection_count_ = connections_.size();
    if (connections_.size() == 1) {
        sweep_timer_.cancel();
    }
    spawn(serve(std::move(connection)));
}

void Server::State::connection_ended(Connection& connection) {
    end_waiting(connection);
    connections_.erase(&connection);
    connection_count_ = connections_.size();
    room_timer_.cancel();
    if (stopping_ && connections_.empty()) {
        sweep_timer_.cancel();
        drain_timer_.cancel();
    }
}

Coroutine Server::State::serve(OwnedConnection owned) {
    using Progress = detail::RequestReader::Progress;
    Connection& connection = *owned;
    Socket& socket = connection.socket;
    detail::RequestReader& reader = connection.reader;
    ErrorCode ignored;

    bool is_kept_alive = true;
    while (is_kept_alive) {
        begin_waiting(connection);
        if (stopping_) {
            // A request that has come by now is still answered.
            socket.shutdown(Socket::shutdown_receive, ignored);
        }
        Admission admission;
        auto progress = reader.read_on();
        while (progress != Progress::whole && progress != Progress::refused) {
            if (progress == Progress::head) {
                admission = admit(connection);
                if (admission.refusal && !reader.drop_body(dropped_body_bytes_max)) {
                    break;
                }
                progress = reader.read_on();
                continue;
            }
            if (progress == Progress::needs_go_ahead) {
                constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
                const auto [error, size] = co_await asio::async_write(socket, asio::buffer(go_ahead), with_error);
                if (error) {
                    co_return;
                }
            }
            const auto room = reader.room(reader.has_begun() ? read_bytes : first_read_bytes);
            const auto [error, size] =
                co_await socket.async_read_some(asio::buffer(room.data(), room.size()), with_error);
            if (error) {
                co_return;
            }
            reader.arrived(size);
            progress = reader.read_on();
        }
        end_waiting(connection);

        const bool is_head = reader.request().method == "HEAD";
        detail::Framing framing;
        framing.is_kept_alive = progress == Progress::whole && reader.keeps_alive();
        framing.says_keep_alive = reader.is_http_1_0();
        Response answer;
        if (admission.refusal) {
            answer = *std::move(admission.refusal);
        } else if (progress == Progress::refused) {
            revise_refusal(reader);
            answer = std::move(reader.refusal());
        } else {
            connection.deadline = never;
            const auto exchange = hand_over(connection, admission);
            const detail::ExchangeGuard exchange_guard(*exchange);
            while (!exchange->answer && !connection.is_cut_off) {
                co_await connection.answered.async_wait(with_error);
            }
            if (connection.is_cut_off) {
                co_return;
            }
            answer = *std::move(exchange->answer);
        }

        if (answer.status < 200 || answer.status > 599) {
            report("an answer with a status that is none: " + std::to_string(answer.status));
            answer = error_response(500, "internal", "The request could not be answered.");
        }
        framing.is_kept_alive = framing.is_kept_alive && !stopping_;
        framing.now = std::time(nullptr);
        auto buffers = connection.write_down(std::move(answer), framing, !is_head);

        // Nearly every answer fits into the buffers of the system, so there is nothing to wait for.
        ErrorCode write_error;
        const std::size_t written = socket.write_some(buffers, write_error);
        if (write_error && write_error != asio::error::would_block) {
            co_return;
        }
        if (written < asio::buffer_size(buffers)) {
            const std::size_t head_size = buffers[0].size();
            buffers[0] += written;
            buffers[1] += written - std::min(written, head_size);
            connection.deadline = SteadyClock::now() + settings_.write_timeout;
            const auto [error, size] = co_await asio::async_write(socket, buffers, with_error);
            if (error) {
                co_return;
            }
        }
        is_kept_alive = framing.is_kept_alive;
    }

    // What the client still sends is read and dropped: at once closing a socket with unread bytes would take the
    // answer back.
    socket.shutdown(Socket::shutdown_send, ignored);
    connection.deadline = SteadyClock::now() + linger_time;
    // The first to give its place to another one.
    wait_at(connection, waiting_.begin());
    while (true) {
        reader.forget_arrived();
        const auto room = reader.room(read_bytes);
        const auto [error, size] = co_await socket.async_read_some(asio::buffer(room.data(), room.size()), with_error);
        if (error) {
            co_return;
        }
    }
}

Admission Server::State::admit(Connection& connection) const {
    Admission admission;
    try {
        if (handlers_.admit) {
            admission = handlers_.admit(connection.reader.request());
        }
    } catch (...) {
        report_current_exception();
        admission.refusal = error_response(500, "internal", "The request could not be answered.");
    }
    connection.reader.take_body(admission.body_bytes_max, admission.has_right);
    return admission;
}

std::shared_ptr<detail::Exchange> Server::State::hand_over(Connection& connection, const Admission& admission) const {
    auto exchange = std::make_shared<detail::Exchange>(
        detail::Exchange{.wake_up = [&connection] { connection.answered.cancel(); }});
    try {
        const auto& handle = admission.handle ? admission.handle : handlers_.handle;
        handle(std::move(connection.reader.request()), Reply([answers = answers_, exchange](Response response) {
                   answers->arrive(exchange, std::move(response));
               }));
    } catch (...) {
        // The reply that went down with it has answered.
        report_current_exception();
    }
    return exchange;
}

void Server::State::revise_refusal(detail::RequestReader& reader) const {
    if (!handlers_.refused) {
        return;
    }
    try {
        handlers_.refused(reader.request(), reader.refusal());
    } catch (...) {
        report_current_exception();
    }
}

std::chrono::milliseconds Server::State::sweep_interval() const {
    using namespace std::chrono_literals;
    return std::clamp<std::chrono::milliseconds>(std::min(settings_.request_timeout, settings_.write_timeout) / 10, 5ms,
                                                 100ms);
}

Coroutine Server::State::sweep() {
    while (!stopping_ || !connections_.empty()) {
        sweep_timer_.expires_at(connections_.empty() ? never : SteadyClock::now() + sweep_interval());
        co_await sweep_timer_.async_wait(with_error);
        const auto now = SteadyClock::now();
        for (Connection* connection : connections_) {
            if (connection->deadline < now) {
                connection->close();
            }
        }
    }
}

Coroutine Server::State::drain() {
    drain_timer_.expires_after(settings_.drain_timeout);
    co_await drain_timer_.async_wait(with_error);
    for (Connection* connection : connections_) {
        connection->is_cut_off = true;
        connection->answered.cancel();
        connection->close();
    }
}

void Server::State::stop() {
    if (std::exchange(stopping_, true)) {
        return;
    }
    ErrorCode ignored;
    acceptor_.close(ignored);
    room_timer_.cancel();
    if (connections_.empty()) {
        sweep_timer_.cancel();
        return;
    }
    for (Connection* connection : connections_) {
        if (connection->is_idle()) {
            // Not closed: a request that has come by now is still answered.
            connection->socket.shutdown(Socket::shutdown_receive, ignored);
        }
    }
    spawn(drain());
}

void Server::State::report(std::string_view what) const noexcept {
    try {
        if (handlers_.failed) {
            handlers_.failed(what);
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody left to tell
    }
}

void Server::State::report_current_exception() const noexcept {
    try {
        report(platform::reason_of(std::current_exception()));
    } catch (...) {  // NOLINT(bugprone-empty-catch): there is no memory to tell with
    }
}

Server::Server(ServerSettings settings, Handlers handlers, std::stop_token stop)
    : state_(std::make_unique<State>(std::move(settings), std::move(handlers), std::move(stop))) {}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept {
    return state_->port();
}

std::size_t Server::connections() const noexcept {
    return state_->connections();
}

}  // namespace twinfleet::http

// The translation unit of the server that sees Boost.Asio.
//
// All sockets live on one thread, the I/O thread, so nothing about them is locked. A connection is a coroutine: read a
// request, hand it over, wait for its answer, write it, and so on. Answers that another thread gives arrive through
// Answers. No operation has a timer of its own: a connection notes until when it must have got on, and a sweep over
// all connections hangs up on those that have not.
#include "platform/http/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "platform/http/request_parser.hpp"
#include "platform/http/response_head.hpp"

namespace twinfleet::http {

namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

// Spelled out, because the executor that Asio uses by default allocates.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using Coroutine = asio::awaitable<void, Executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> with_error;

constexpr auto never = SteadyClock::time_point::max();
constexpr std::size_t read_bytes = std::size_t{16} << 10;
/// How long a client may take to read a last answer.
constexpr std::chrono::seconds linger_time{1};

Response refusal_of(const ErrorCode& error) {
    if (error == wire::error::header_limit) {
        return error_response(431, "header_too_large", "The header of the request is too large.");
    }
    if (error == wire::error::body_limit) {
        return error_response(413, "body_too_large", "The body of the request is too large.");
    }
    return error_response(400, "bad_request", "This is not HTTP/1.1.");
}

/// Why a request whose header was read cannot be served.
std::optional<Response> objection(const detail::RequestParser& parser) {
    if (parser.has_unknown_target) {
        return error_response(400, "bad_request", "The target of the request is neither a path nor a URL.");
    }
    if (parser.has_unknown_coding) {
        return error_response(501, "not_implemented", "The only transfer coding is chunked.");
    }
    if (parser.expectation == detail::RequestParser::Expectation::unknown) {
        return error_response(417, "expectation_failed", "The only expectation is 100-continue.");
    }
    return std::nullopt;
}

std::string address_of_peer(const Socket& socket) {
    ErrorCode error;
    const auto peer = socket.remote_endpoint(error);
    return error ? std::string() : peer.address().to_string();
}

struct Connection {
    explicit Connection(Socket&& accepted)
        : socket(std::move(accepted)), peer_address(address_of_peer(socket)), answered(socket.get_executor(), never) {}

    enum class Parsed {
        needs_more,
        /// As needs_more, but the client waits to be told so.
        needs_go_ahead,
        whole,
        /// See `refusal`.
        refused,
    };

    void begin_request(const ServerSettings& settings) {
        parser.emplace(settings.header_bytes_max, settings.body_bytes_max);
        parser->eager(false);
        parser->request.peer_address = peer_address;
        is_idle = true;
        deadline = SteadyClock::now() + settings.request_timeout;
    }

    /// Reads on in what has arrived.
    Parsed parse(const ServerSettings& settings) {
        if (buffer.size() == 0) {
            return Parsed::needs_more;
        }
        is_idle = false;
        if (!parser->eager()) {
            // The header alone: what it says is answered before the body comes.
            if (const auto error = put()) {
                return refuse(refusal_of(error));
            }
            if (!parser->is_header_done()) {
                return Parsed::needs_more;
            }
            if (auto refusal_of_header = objection(*parser)) {
                return refuse(*std::move(refusal_of_header));
            }
            parser->eager(true);
        }
        if (!parser->is_done() && buffer.size() > 0) {
            auto error = put();
            // Lines around chunks, which have no limit of their own.
            if (!error && !parser->is_done() && buffer.size() > settings.header_bytes_max) {
                error = wire::error::header_limit;
            }
            if (error) {
                return refuse(refusal_of(error));
            }
        }
        if (parser->is_done()) {
            return Parsed::whole;
        }
        const bool waits = parser->expectation == detail::RequestParser::Expectation::go_ahead &&
                           parser->request.body.empty() && buffer.size() == 0 && !std::exchange(told_to_go_ahead, true);
        return waits ? Parsed::needs_go_ahead : Parsed::needs_more;
    }

    void close() {
        ErrorCode ignored;
        socket.close(ignored);
    }

    Socket socket;
    /// Empty when the peer had gone before it was asked for.
    const std::string peer_address;
    boost::beast::flat_buffer buffer;
    std::optional<detail::RequestParser> parser;
    Response refusal;
    /// The answer on its way.
    std::string head;
    std::string body;
    /// Never expires: cancelled when the answer is there.
    Timer answered;
    /// Hung up on after that.
    SteadyClock::time_point deadline = never;
    /// Nothing of a request has come yet.
    bool is_idle = true;
    bool is_cut_off = false;
    bool told_to_go_ahead = false;

private:
    ErrorCode put() {
        ErrorCode error;
        buffer.consume(parser->put(buffer.cdata(), error));
        return error == wire::error::need_more ? ErrorCode() : error;
    }
    Parsed refuse(Response response) {
        refusal = std::move(response);
        return Parsed::refused;
    }
};

/// One request's answer on its way to the connection. Of the I/O thread.
struct Exchange {
    /// nullptr once it has ended.
    Connection* connection;
    std::optional<Response> answer;

    void take(Response response) {
        if (connection != nullptr) {
            answer = std::move(response);
            connection->answered.cancel();
        }
    }
};

/// Ends an exchange before its connection does.
class ExchangeGuard {
public:
    explicit ExchangeGuard(Exchange& exchange) : exchange_(exchange) {}
    ~ExchangeGuard() { exchange_.connection = nullptr; }
    ExchangeGuard(const ExchangeGuard&) = delete;
    ExchangeGuard& operator=(const ExchangeGuard&) = delete;

private:
    Exchange& exchange_;
};

/// Where answers arrive, from any thread. Outlives the server as long as somebody holds a Reply.
class Answers : public std::enable_shared_from_this<Answers> {
public:
    explicit Answers(asio::io_context& io) : io_(&io) {}

    void arrive(std::shared_ptr<Exchange> exchange, Response response) {
        if (answers_of_this_thread == this) {
            exchange->take(std::move(response));
            return;
        }
        const std::lock_guard lock(mutex_);
        if (io_ == nullptr) {
            return;
        }
        arrived_.push_back({std::move(exchange), std::move(response)});
        // One wake-up for all that arrive until the I/O thread gets to it.
        if (arrived_.size() == 1) {
            asio::post(*io_, [self = shared_from_this()] { self->hand_on(); });
        }
    }

    /// The calling thread is the I/O thread from now on.
    void belong_to_this_thread() const { answers_of_this_thread = this; }

    /// What arrives from now on goes nowhere.
    void close() {
        std::vector<Arrived> left_over;
        const std::lock_guard lock(mutex_);
        io_ = nullptr;
        left_over.swap(arrived_);
    }

private:
    struct Arrived {
        std::shared_ptr<Exchange> exchange;
        Response response;
    };

    void hand_on() {
        std::vector<Arrived> arrived;
        {
            const std::lock_guard lock(mutex_);
            arrived.swap(arrived_);
        }
        for (auto& [exchange, response] : arrived) {
            exchange->take(std::move(response));
        }
    }

    static thread_local const Answers* answers_of_this_thread;

    std::mutex mutex_;
    // Guarded by mutex_.
    asio::io_context* io_;
    std::vector<Arrived> arrived_;
};

thread_local const Answers* Answers::answers_of_this_thread = nullptr;

}  // namespace

class Server::State {
public:
    State(ServerSettings settings, Handlers handlers, std::stop_token stop)
        : settings_(std::move(settings)),
          handlers_(std::move(handlers)),
          answers_(std::make_shared<Answers>(io_)),
          acceptor_(io_),
          room_timer_(io_, never),
          sweep_timer_(io_, never),
          drain_timer_(io_, never) {
        listen();
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

    void listen();
    void run();
    void spawn(Coroutine coroutine);
    Coroutine accept();
    void begin_serving(Socket socket);
    Coroutine serve(OwnedConnection owned);
    std::shared_ptr<Exchange> hand_over(Connection& connection) const;
    void revise_refusal(Connection& connection) const;
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
    bool stopping_ = false;

    /// What is declared above it outlives the connections, what is declared below it does not.
    asio::io_context io_{1};
    const std::shared_ptr<Answers> answers_;
    Acceptor acceptor_;
    Timer room_timer_;
    Timer sweep_timer_;
    Timer drain_timer_;

    std::jthread io_thread_;
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

void Server::State::listen() {
    const auto& [host, port] = settings_.listen;
    ErrorCode error;
    Tcp::resolver resolver(io_);
    const auto resolved =
        resolver.resolve(host, std::to_string(port), Tcp::resolver::passive | Tcp::resolver::numeric_service, error);
    std::vector<Tcp::endpoint> candidates(resolved.begin(), resolved.end());
    // `localhost` is both 127.0.0.1 and ::1: who looks for it tries both, who does not means the former.
    std::stable_partition(candidates.begin(), candidates.end(),
                          [](const Tcp::endpoint& candidate) { return candidate.address().is_v4(); });
    for (const auto& candidate : candidates) {
        ErrorCode ignored;
        acceptor_.close(ignored);
        if (acceptor_.open(candidate.protocol(), error)) {
            continue;
        }
        // Else a restart would have to wait for the connections of its predecessor to be forgotten.
        acceptor_.set_option(Acceptor::reuse_address(true), ignored);
        if (acceptor_.bind(candidate, error) || acceptor_.listen(Acceptor::max_listen_connections, error)) {
            continue;
        }
        port_ = acceptor_.local_endpoint().port();
        return;
    }
    const std::string address = host.find(':') == std::string::npos ? host : '[' + host + ']';
    throw std::runtime_error("cannot listen on " + address + ':' + std::to_string(port) + ": " + error.message());
}

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
        if (connections_.size() >= settings_.connections_max) {
            co_await room_timer_.async_wait(with_error);
            continue;
        }
        auto [error, socket] = co_await acceptor_.async_accept(with_error);
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
        Timer pause(io_, std::chrono::milliseconds(100));
        co_await pause.async_wait(with_error);
    }
}

void Server::State::begin_serving(Socket socket) {
    ErrorCode ignored;
    // Else the second of two answers would wait for the client to acknowledge the first.
    socket.set_option(Tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    OwnedConnection connection(new Connection(std::move(socket)), EndConnection{this});
    connections_.insert(connection.get());
    connection_count_ = connections_.size();
    if (connections_.size() == 1) {
        sweep_timer_.cancel();
    }
    spawn(serve(std::move(connection)));
}

void Server::State::connection_ended(Connection& connection) {
    connections_.erase(&connection);
    connection_count_ = connections_.size();
    room_timer_.cancel();
    if (stopping_ && connections_.empty()) {
        sweep_timer_.cancel();
        drain_timer_.cancel();
    }
}

Coroutine Server::State::serve(OwnedConnection owned) {
    Connection& connection = *owned;
    Socket& socket = connection.socket;
    ErrorCode ignored;

    bool is_kept_alive = true;
    while (is_kept_alive) {
        connection.begin_request(settings_);
        if (stopping_) {
            // A request that has come by now is still answered.
            socket.shutdown(Socket::shutdown_receive, ignored);
        }
        auto parsed = connection.parse(settings_);
        while (parsed == Connection::Parsed::needs_more || parsed == Connection::Parsed::needs_go_ahead) {
            if (parsed == Connection::Parsed::needs_go_ahead) {
                constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
                const auto [error, size] = co_await asio::async_write(socket, asio::buffer(go_ahead), with_error);
                if (error) {
                    co_return;
                }
            }
            const auto [error, size] =
                co_await socket.async_read_some(connection.buffer.prepare(read_bytes), with_error);
            if (error) {
                co_return;
            }
            connection.buffer.commit(size);
            parsed = connection.parse(settings_);
        }
        connection.is_idle = false;
        connection.told_to_go_ahead = false;

        const bool is_head = connection.parser->request.method == "HEAD";
        detail::Framing framing;
        Response answer;
        if (parsed == Connection::Parsed::refused) {
            revise_refusal(connection);
            answer = std::move(connection.refusal);
            framing.is_kept_alive = false;
        } else {
            framing.is_kept_alive = connection.parser->keep_alive();
            framing.says_keep_alive = connection.parser->is_http_1_0;
            connection.deadline = never;
            const auto exchange = hand_over(connection);
            const ExchangeGuard exchange_guard(*exchange);
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
        detail::write_head(connection.head, answer, framing);
        connection.body = std::move(answer.body);
        if (is_head || !detail::may_have_body(answer.status)) {
            connection.body.clear();
        }
        std::array<asio::const_buffer, 2> buffers = {asio::buffer(connection.head), asio::buffer(connection.body)};

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
    while (true) {
        connection.buffer.clear();
        const auto [error, size] = co_await socket.async_read_some(connection.buffer.prepare(read_bytes), with_error);
        if (error) {
            co_return;
        }
    }
}

std::shared_ptr<Exchange> Server::State::hand_over(Connection& connection) const {
    auto exchange = std::make_shared<Exchange>(Exchange{&connection, std::nullopt});
    try {
        handlers_.handle(std::move(connection.parser->request),
                         Reply([answers = answers_, exchange](Response response) {
                             answers->arrive(exchange, std::move(response));
                         }));
    } catch (...) {
        // The reply that went down with it has answered.
        report_current_exception();
    }
    return exchange;
}

void Server::State::revise_refusal(Connection& connection) const {
    if (!handlers_.refused) {
        return;
    }
    try {
        handlers_.refused(connection.parser->request, connection.refusal);
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
        if (connection->is_idle) {
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
        throw;
    } catch (const std::exception& error) {
        report(error.what());
    } catch (...) {
        report("something that is not an exception");
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

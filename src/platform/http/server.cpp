// The one translation unit that sees Boost.Asio and Boost.Beast.
//
// All sockets live on one thread, the I/O thread, so nothing about them is locked. A request is answered there at once,
// or goes to the pool and comes back with its answer; meanwhile its connection waits. A connection owns itself: it
// lives as long as an operation on it is under way.
#include "platform/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace twinfleet::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

Request read_request(const wire::request<wire::string_body>& message) {
    const std::string_view target(message.target().data(), message.target().size());
    const auto question = target.find('?');
    Request request;
    request.method = std::string(message.method_string());
    request.path = std::string(target.substr(0, question));
    request.query = question == std::string_view::npos ? "" : std::string(target.substr(question + 1));
    for (const auto& field : message) {
        request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    request.body = message.body();
    return request;
}

/// The answer to a request that could not be read; nullopt: hang up.
std::optional<Response> answer_to(const ErrorCode& error) {
    if (error == wire::error::header_limit) {
        return error_response(431, "header_too_large", "The header of the request is too large.");
    }
    if (error == wire::error::body_limit) {
        return error_response(413, "body_too_large", "The body of the request is too large.");
    }
    const bool readable = error.category() == make_error_code(wire::error::bad_method).category() &&
                          error != wire::error::end_of_stream && error != wire::error::partial_message;
    if (readable) {
        return error_response(400, "bad_request", "This is not HTTP/1.1.");
    }
    return std::nullopt;
}

}  // namespace

class Server::State {
public:
    State(ServerSettings settings, Handlers handlers, std::stop_token stop)
        : settings_(std::move(settings)),
          handlers_(std::move(handlers)),
          acceptor_(io_),
          drain_timer_(io_),
          pause_timer_(io_),
          pool_(settings_.blocking_threads) {
        listen();
        accept();
        // Last: from here on others use this object.
        io_thread_ = std::jthread([this] { io_.run(); });
        on_stop_.emplace(std::move(stop), [this] { stop_soon(); });
    }

    ~State() {
        on_stop_.reset();
        stop_soon();
        io_thread_.join();
        ended_ = true;
        pool_.stop();
        pool_.join();
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    class Connection;

    void listen();
    void accept();
    void connection_ended();
    void stop_soon() {
        asio::post(io_, [this] { stop(); });
    }
    void stop();
    void report(std::string_view what) const noexcept;
    template <typename Handler>
    std::optional<Response> guarded(const Handler& handler) const noexcept;

    // Constant after construction.
    const ServerSettings settings_;
    const Handlers handlers_;
    std::uint16_t port_ = 0;

    // Of the I/O thread, and of the destructor after that.
    std::unordered_set<Connection*> connections_;
    bool accepting_ = false;
    bool stopping_ = false;
    /// The I/O thread has ended; connections that are left over go away with io_.
    bool ended_ = false;

    /// What is declared above it outlives the connections, what is declared below it does not.
    asio::io_context io_{1};
    Tcp::acceptor acceptor_;
    asio::steady_timer drain_timer_;
    asio::steady_timer pause_timer_;

    std::atomic<std::size_t> blocking_requests_ = 0;
    asio::thread_pool pool_;
    std::jthread io_thread_;
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

class Server::State::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(State& server, Tcp::socket socket) : server_(server), stream_(std::move(socket)) {
        server_.connections_.insert(this);
    }
    ~Connection() {
        server_.connections_.erase(this);
        server_.connection_ended();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void read() {
        idle_ = true;
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(server_.settings_.header_bytes_max));
        parser_->body_limit(server_.settings_.body_bytes_max);
        stream_.expires_after(server_.settings_.request_timeout);
        wire::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->dispatch(error); });
    }

    /// Ends it now if it waits for a request, else after the answer.
    void finish() {
        if (idle_) {
            close();
        }
    }

    void close() {
        ErrorCode ignored;
        stream_.socket().shutdown(Tcp::socket::shutdown_both, ignored);
        stream_.close();
    }

private:
    void dispatch(const ErrorCode& error) {
        idle_ = false;
        head_ = false;
        if (error) {
            keep_alive_ = false;
            if (auto answer = answer_to(error)) {
                write(std::move(*answer));
            }
            return;
        }
        const auto& message = parser_->get();
        keep_alive_ = message.keep_alive();
        head_ = message.method() == wire::verb::head;
        version_ = message.version();
        Request request = read_request(message);

        if (auto answer = server_.guarded([&] { return server_.handlers_.at_once(request); })) {
            write(std::move(*answer));
        } else {
            hand_over(std::move(request));
        }
    }

    void hand_over(Request request) {
        const auto room = server_.settings_.blocking_threads + server_.settings_.blocking_queue_max;
        if (server_.blocking_requests_ >= room) {
            write(error_response(503, "overloaded", "Too many requests are waiting.", {{"Retry-After", "1"}}));
            return;
        }
        ++server_.blocking_requests_;
        stream_.expires_never();
        // The guard keeps the I/O thread alive until the answer is written. The task gives its hold on the connection
        // away, so that the connection does not end on a thread of the pool.
        asio::post(server_.pool_, [self = shared_from_this(), guard = asio::make_work_guard(server_.io_),
                                   request = std::move(request)]() mutable {
            auto answer = self->server_.guarded(
                [&]() -> std::optional<Response> { return self->server_.handlers_.blocking(request); });
            --self->server_.blocking_requests_;
            auto& io = self->server_.io_;
            asio::post(io, [self = std::move(self), guard = std::move(guard), answer = std::move(answer)]() mutable {
                self->write(*std::move(answer));
            });
        });
    }

    void write(Response answer) {
        auto& message = message_.emplace(static_cast<wire::status>(answer.status), version_);
        for (const auto& [name, value] : answer.headers) {
            message.set(name, value);
        }
        message.set(wire::field::content_type, answer.content_type);
        message.keep_alive(keep_alive_ && !server_.stopping_);
        message.content_length(answer.body.size());
        if (!head_) {
            message.body() = std::move(answer.body);
        }
        stream_.expires_after(server_.settings_.write_timeout);
        wire::async_write(stream_, message,
                          [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->written(error); });
    }

    void written(const ErrorCode& error) {
        if (!error && message_->keep_alive() && !server_.stopping_) {
            read();
            return;
        }
        // What the client still sends is not read: at once closing a socket with unread bytes would take the answer
        // back.
        if (!error) {
            linger();
        }
    }

    void linger() {
        ErrorCode ignored;
        stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
        idle_ = true;
        stream_.expires_after(std::chrono::seconds(1));
        discard();
    }

    void discard() {
        constexpr std::size_t chunk_bytes = 4096;
        buffer_.clear();
        stream_.async_read_some(buffer_.prepare(chunk_bytes),
                                [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                                    if (!error && !self->server_.stopping_) {
                                        self->discard();
                                    }
                                });
    }

    State& server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::optional<wire::request_parser<wire::string_body>> parser_;
    std::optional<wire::response<wire::string_body>> message_;
    /// No request is under way.
    bool idle_ = true;
    bool keep_alive_ = false;
    bool head_ = false;
    unsigned version_ = 11;
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
        acceptor_.set_option(Tcp::acceptor::reuse_address(true), ignored);
        if (acceptor_.bind(candidate, error) || acceptor_.listen(Tcp::acceptor::max_listen_connections, error)) {
            continue;
        }
        port_ = acceptor_.local_endpoint().port();
        return;
    }
    const std::string address = host.find(':') == std::string::npos ? host : '[' + host + ']';
    throw std::runtime_error("cannot listen on " + address + ':' + std::to_string(port) + ": " + error.message());
}

void Server::State::accept() {
    if (accepting_ || stopping_ || connections_.size() >= settings_.connections_max) {
        return;
    }
    accepting_ = true;
    acceptor_.async_accept([this](const ErrorCode& error, Tcp::socket socket) {
        accepting_ = false;
        if (stopping_) {
            return;
        }
        if (!error) {
            std::make_shared<Connection>(*this, std::move(socket))->read();
            accept();
            return;
        }
        // E.g. no file descriptors are left: it does not help to ask again at once.
        accepting_ = true;
        pause_timer_.expires_after(std::chrono::milliseconds(100));
        pause_timer_.async_wait([this](const ErrorCode&) {
            accepting_ = false;
            accept();
        });
    });
}

void Server::State::connection_ended() {
    if (ended_) {
        return;
    }
    if (stopping_ && connections_.empty()) {
        drain_timer_.cancel();
    }
    accept();
}

void Server::State::stop() {
    if (std::exchange(stopping_, true)) {
        return;
    }
    ErrorCode ignored;
    acceptor_.close(ignored);
    pause_timer_.cancel();
    for (Connection* connection : connections_) {
        connection->finish();
    }
    if (connections_.empty()) {
        return;
    }
    drain_timer_.expires_after(settings_.drain_timeout);
    drain_timer_.async_wait([this](const ErrorCode& error) {
        if (!error) {
            io_.stop();
        }
    });
}

void Server::State::report(std::string_view what) const noexcept {
    try {
        if (handlers_.failed) {
            handlers_.failed(what);
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody left to tell
    }
}

template <typename Handler>
std::optional<Response> Server::State::guarded(const Handler& handler) const noexcept {
    try {
        return handler();
    } catch (const std::exception& error) {
        report(error.what());
    } catch (...) {
        report("something that is not an exception");
    }
    return error_response(500, "internal", "The request could not be answered.");
}

Server::Server(ServerSettings settings, Handlers handlers, std::stop_token stop)
    : state_(std::make_unique<State>(std::move(settings), std::move(handlers), std::move(stop))) {}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept {
    return state_->port();
}

}  // namespace twinfleet::http

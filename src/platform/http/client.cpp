// The translation unit of the client that sees Boost.Asio and Boost.Beast.
//
// Each connection has an io_context of its own, which runs only while the caller waits for it, and only until the
// deadline. That makes blocking calls with timeouts out of asynchronous operations without a thread.
#include "platform/http/client.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "platform/errors/store_error.hpp"
#include "platform/http/endpoint.hpp"

namespace twinfleet::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

/// A connection that was idle for longer is not used again: servers close those after a while, often 5 s, and what is
/// sent at that moment is lost.
constexpr std::chrono::seconds idle_max{3};

struct BaseUrl {
    Endpoint endpoint;
    /// As it stands in `Host`.
    std::string authority;
    /// Before all targets; without a slash at its end.
    std::string path;
};

BaseUrl read_base_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) {
        throw std::invalid_argument("expected a URL like http://127.0.0.1:8080");
    }
    url.remove_prefix(scheme.size());
    const auto slash = std::min(url.find('/'), url.size());
    BaseUrl read{.authority = std::string(url.substr(0, slash)), .path = std::string(url.substr(slash))};
    if (std::any_of(read.path.begin(), read.path.end(),
                    [](char c) { return c <= ' ' || c > '~' || c == '?' || c == '#'; })) {
        throw std::invalid_argument("expected a URL like http://127.0.0.1:8080/path, without a query");
    }
    // A colon behind an IPv6 address in brackets, or the only one.
    const bool has_port = read.authority.find(':', read.authority.rfind(']') + 1) != std::string::npos;
    read.endpoint = parse_endpoint(has_port ? read.authority : read.authority + ":80");
    while (read.path.ends_with('/')) {
        read.path.pop_back();
    }
    return read;
}

void refuse_what_would_end_a_field(std::string_view text) {
    if (std::any_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; })) {
        throw std::invalid_argument("a field of a request may not hold CR, LF or NUL");
    }
}

class ClientConnection {
public:
    ErrorCode connect(const Endpoint& endpoint, Deadline deadline) {
        ErrorCode error;
        // Asio resolves names on a thread that it cannot interrupt, so not by the deadline.
        const auto candidates = Tcp::resolver(io_).resolve(endpoint.host, std::to_string(endpoint.port),
                                                           Tcp::resolver::numeric_service, error);
        if (error) {
            return error;
        }
        finish_by(deadline, error, [&](auto done) {
            asio::async_connect(socket_, candidates,
                                [done](const ErrorCode& result, const Tcp::endpoint&) { done(result); });
        });
        if (!error) {
            ErrorCode ignored;
            socket_.set_option(Tcp::no_delay(true), ignored);
        }
        return error;
    }

    /// Whether the peer has neither closed it nor sent what nobody asked for, as far as can be seen from here.
    [[nodiscard]] bool is_fit() {
        if (buffer_.size() > 0) {
            return false;
        }
        ErrorCode error;
        socket_.non_blocking(true, error);
        char byte = 0;
        socket_.receive(asio::buffer(&byte, 1), Tcp::socket::message_peek, error);
        return error == asio::error::would_block;
    }

    ErrorCode exchange(const wire::request<wire::string_body>& request, wire::response<wire::string_body>& response,
                       std::size_t answer_bytes_max, Deadline deadline) {
        ErrorCode error;
        finish_by(deadline, error, [&](auto done) {
            wire::async_write(socket_, request, [done](const ErrorCode& result, std::size_t) { done(result); });
        });
        // A peer may answer, and close, before it has read all: its answer says why.
        const ErrorCode write_error = error;
        if (write_error == asio::error::timed_out) {
            return write_error;
        }
        std::optional<wire::response_parser<wire::string_body>> parser;
        do {
            parser.emplace();
            parser->body_limit(answer_bytes_max);
            parser->skip(request.method() == wire::verb::head);
            finish_by(deadline, error, [&](auto done) {
                wire::async_read(socket_, buffer_, *parser,
                                 [done](const ErrorCode& result, std::size_t) { done(result); });
            });
            if (error) {
                return write_error ? write_error : error;
            }
        } while (parser->get().result_int() < 200);
        is_kept_alive_ = parser->keep_alive() && !write_error;
        response = parser->release();
        return {};
    }

    [[nodiscard]] bool is_kept_alive() const { return is_kept_alive_; }

    SteadyClock::time_point idle_since;

private:
    /// Runs what `begin` begins until it calls its argument, or until the deadline; then `error` is `timed_out`, and
    /// the connection closed.
    template <typename Begin>
    void finish_by(Deadline deadline, ErrorCode& error, const Begin& begin) {
        std::optional<ErrorCode> result;
        begin([&result](const ErrorCode& outcome) { result = outcome; });
        io_.restart();
        io_.run_until(deadline);
        if (!result) {
            ErrorCode ignored;
            socket_.close(ignored);
            // What was begun ends by that, and must not outlive `result`.
            io_.restart();
            io_.run();
            result = asio::error::timed_out;
        }
        error = *result;
    }

    asio::io_context io_{1};
    Tcp::socket socket_{io_};
    beast::flat_buffer buffer_;
    bool is_kept_alive_ = false;
};

Response read_response(wire::response<wire::string_body>&& message) {
    Response response{.status = static_cast<int>(message.result_int()), .content_type = ""};
    for (const auto& field : message) {
        if (field.name() == wire::field::content_type) {
            response.content_type = std::string(field.value());
        }
        response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(message.body());
    return response;
}

}  // namespace

struct Client::State {
    explicit State(const ClientSettings& chosen) : settings(chosen), url(read_base_url(chosen.base_url)) {
        if (settings.connections_max == 0) {
            throw std::invalid_argument("a client needs a connection");
        }
        refuse_what_would_end_a_field(settings.bearer_token);
    }

    [[noreturn]] void fail(const std::string& reason) const {
        throw platform::StoreUnavailable(settings.peer_name, reason);
    }

    /// The right to one connection.
    class Place {
    public:
        Place(State& state, Deadline deadline) : state_(state) {
            std::unique_lock lock(state_.mutex);
            const bool is_free = state_.place_freed.wait_until(
                lock, deadline, [this] { return state_.in_use < state_.settings.connections_max; });
            if (!is_free) {
                state_.fail("all connections are in use");
            }
            ++state_.in_use;
        }
        ~Place() {
            {
                const std::lock_guard lock(state_.mutex);
                --state_.in_use;
            }
            state_.place_freed.notify_one();
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        State& state_;
    };

    /// nullptr: none that can be used.
    std::unique_ptr<ClientConnection> take_kept() {
        std::vector<std::unique_ptr<ClientConnection>> unfit;
        const std::lock_guard lock(mutex);
        while (!kept.empty()) {
            auto connection = std::move(kept.back());
            kept.pop_back();
            if (SteadyClock::now() - connection->idle_since < idle_max && connection->is_fit()) {
                return connection;
            }
            unfit.push_back(std::move(connection));
        }
        return nullptr;
    }

    void keep(std::unique_ptr<ClientConnection> connection) {
        connection->idle_since = SteadyClock::now();
        const std::lock_guard lock(mutex);
        kept.push_back(std::move(connection));
    }

    std::unique_ptr<ClientConnection> connect() const {
        auto connection = std::make_unique<ClientConnection>();
        if (const auto error = connection->connect(url.endpoint, SteadyClock::now() + settings.connect_timeout)) {
            fail(error == asio::error::timed_out ? "no connection in time" : error.message());
        }
        return connection;
    }

    // Constant after construction.
    const ClientSettings settings;
    const BaseUrl url;

    std::mutex mutex;
    std::condition_variable place_freed;
    // Guarded by mutex.
    std::size_t in_use = 0;
    /// The one used last is at the end.
    std::vector<std::unique_ptr<ClientConnection>> kept;
};

Client::Client(const ClientSettings& settings) : state_(std::make_unique<State>(settings)) {}

Client::~Client() = default;

Response Client::request(std::string_view method, std::string_view target, std::string_view body,
                         const Headers& headers) const {
    if (!target.starts_with('/') ||
        std::any_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c > '~'; })) {
        throw std::invalid_argument("a target begins with a slash and holds neither spaces nor what must be encoded");
    }
    wire::request<wire::string_body> request;
    request.version(11);
    request.method_string({method.data(), method.size()});
    request.target(state_->url.path + std::string(target));
    request.set(wire::field::host, state_->url.authority);
    if (!state_->settings.bearer_token.empty()) {
        request.set(wire::field::authorization, "Bearer " + state_->settings.bearer_token);
    }
    if (!body.empty()) {
        request.set(wire::field::content_type, "application/json");
    }
    for (const auto& [name, value] : headers) {
        refuse_what_would_end_a_field(name);
        refuse_what_would_end_a_field(value);
        request.set(name, value);
    }
    request.body() = body;
    request.prepare_payload();

    const State::Place place(*state_, SteadyClock::now() + state_->settings.request_timeout);
    auto connection = state_->take_kept();
    if (!connection) {
        connection = state_->connect();
    }
    wire::response<wire::string_body> response;
    const auto error = connection->exchange(request, response, state_->settings.answer_bytes_max,
                                            SteadyClock::now() + state_->settings.request_timeout);
    if (error == asio::error::timed_out) {
        state_->fail("no answer in time");
    }
    if (error) {
        state_->fail(error == wire::error::end_of_stream ? "the connection broke off" : error.message());
    }
    if (connection->is_kept_alive()) {
        state_->keep(std::move(connection));
    }
    return read_response(std::move(response));
}

}  // namespace twinfleet::http

#include "platform/api/api_server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <random>
#include <shared_mutex>
#include <string>
#include <utility>
#include <variant>

#include "platform/api/answering.hpp"
#include "platform/api/refusals.hpp"
#include "platform/api/request_durations.hpp"
#include "platform/api/request_log.hpp"
#include "platform/api/route_table.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/http/field_value.hpp"

namespace twinfleet::api {

namespace {

using http::error_response;
using http::Reply;
using http::Request;
using http::Response;
using SteadyClock = std::chrono::steady_clock;
using Pattern = detail::RouteTable::Pattern;

constexpr std::string_view request_id_header = "X-Request-Id";
constexpr std::string_view openapi_path = "/openapi.yaml";

bool is_request_id(std::string_view text) {
    constexpr std::size_t bytes_max = 128;
    return !text.empty() && text.size() <= bytes_max && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

/// 32 hex digits that are unlikely to have been made before; nothing depends on their being hard to guess.
std::string make_request_id() {
    thread_local std::mt19937_64 random = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string id;
    id.reserve(32);
    for (int half = 0; half < 2; ++half) {
        auto bits = random();
        for (int i = 0; i < 16; ++i, bits >>= 4U) {
            id += digits[bits & 0xfU];
        }
    }
    return id;
}

std::string request_id_of(const Request& request) {
    const auto shown = request.header(request_id_header);
    return shown && is_request_id(*shown) ? std::string(*shown) : make_request_id();
}

/// `application/json`, with parameters as long as they do not say that it is not UTF-8.
bool is_json(std::optional<std::string_view> content_type) {
    auto rest = content_type.value_or("");
    const auto next = [&rest] {
        const auto end = rest.find(';');
        const auto part = http::without_outer_blanks(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        return part;
    };
    if (!http::equal_whatever_case(next(), "application/json")) {
        return false;
    }
    while (!rest.empty()) {
        const auto parameter = next();
        constexpr std::string_view charset = "charset=";
        if (http::equal_whatever_case(parameter.substr(0, charset.size()), charset)) {
            const auto value = parameter.substr(charset.size());
            if (!http::equal_whatever_case(value, "utf-8") && !http::equal_whatever_case(value, "\"utf-8\"")) {
                return false;
            }
        }
    }
    return true;
}

Route openapi_route(std::string_view openapi) {
    return {.method = "GET",
            .pattern = std::string(openapi_path),
            .handler = AsynchronousHandler([openapi](const Call& /*call*/, const Reply& reply) {
                // RFC 9512.
                reply.send({.content_type = "application/yaml", .body = std::string(openapi)});
            }),
            .access = Route::Access::open};
}

std::vector<Route> with_openapi(std::vector<Route> routes, std::string_view openapi) {
    routes.push_back(openapi_route(openapi));
    return routes;
}

/// What is known of a request beside itself, until its answer goes out.
struct Ticket {
    std::string request_id;
    /// nullptr: none of the API's.
    const Pattern* pattern = nullptr;
    /// nullptr: no handler was called.
    const Route* route = nullptr;
    std::size_t method = 0;
    std::string caller;
    std::string user;
    std::string address;
    std::vector<std::pair<std::string, std::string>> path_arguments;
    std::shared_ptr<std::vector<std::pair<std::string_view, std::string>>> notes = nullptr;
    SteadyClock::time_point begin = SteadyClock::now();

    [[nodiscard]] std::string_view handler() const {
        return pattern == nullptr ? std::string_view("unknown") : std::string_view(pattern->text);
    }
};

/// The address at which a request came in.
enum class Listener : std::uint8_t {
    /// The one for all routes.
    all,
    /// The one for all but the internal routes.
    outer,
    /// The one for the internal routes.
    internal,
};

bool serves(Listener listener, const std::string& pattern) {
    const bool is_internal = pattern.starts_with(internal_prefix);
    switch (listener) {
        case Listener::all:
            return true;
        case Listener::outer:
            return !is_internal;
        case Listener::internal:
            return is_internal || pattern == openapi_path;
    }
    return false;
}

std::size_t body_bytes_max_of(const Route& route) {
    if (!route.takes_body) {
        return route.body_bytes_max.value_or(body_bytes_max_unused);
    }
    return route.body_bytes_max.value_or(route.access == Route::Access::open ? body_bytes_max_without_right
                                                                             : std::numeric_limits<std::size_t>::max());
}

/// The code in the body of a refusal; empty for what has none.
std::string_view code_of(const Response& response) {
    constexpr std::string_view begin = R"({"code":")";
    const std::string_view body = response.body;
    if (response.status < 400 || !body.starts_with(begin)) {
        return {};
    }
    const auto code = body.substr(begin.size());
    return code.substr(0, code.find('"'));
}

}  // namespace

class ApiServer::State {
public:
    State(const ApiSettings& settings, std::vector<Route> routes, TokenSource tokens, metrics::Registry& registry,
          log::Logger& log, std::stop_token stop)
        : routes_(std::move(routes)),
          tokens_(std::move(tokens)),
          log_(log),
          request_log_(log),
          trusted_proxies_(settings.trusted_proxies),
          link_(std::make_shared<Link>()) {
        for (const Pattern& pattern : routes_.patterns()) {
            durations_.emplace_back(registry, pattern.text);
        }
        link_->state = this;
        queue_.emplace(platform::WorkQueue::Settings{.threads = settings.blocking_threads,
                                                     .waiting_max = settings.blocking_waiting_max});
        unknown_durations_.emplace(registry, "unknown");
        if (settings.internal) {
            internal_server_.emplace(*settings.internal, handlers(Listener::internal), stop);
        }
        server_.emplace(settings.server, handlers(settings.internal ? Listener::outer : Listener::all),
                        std::move(stop));
        show_usage(registry);
    }

    ~State() {
        {
            const std::unique_lock lock(link_->mutex);
            link_->shows_usage = false;
        }
        // In this order: what is under way is answered while there are threads to do so.
        server_.reset();
        internal_server_.reset();
        queue_.reset();
        const std::unique_lock lock(link_->mutex);
        link_->state = nullptr;
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }
    [[nodiscard]] std::uint16_t internal_port() const noexcept {
        return internal_server_ ? internal_server_->port() : std::uint16_t{0};
    }

private:
    /// How answers find this object, if it is still there.
    struct Link {
        std::shared_mutex mutex;
        // Guarded by mutex.
        State* state = nullptr;
        bool shows_usage = true;
    };

    void show_usage(metrics::Registry& registry) {
        auto connections = registry.gauge("http_connections", "Connections that are open.");
        auto waiting = registry.gauge("http_requests_waiting", "Requests that wait for a thread.");
        auto running = registry.gauge("http_requests_running", "Requests that a handler works at.");
        registry.before_text([link = link_, connections, waiting, running]() mutable {
            const std::shared_lock lock(link->mutex);
            const State* const state = link->shows_usage ? link->state : nullptr;
            const double now_waiting = state == nullptr ? 0 : static_cast<double>(state->queue_->usage().waiting);
            connections.set(state == nullptr ? 0 : static_cast<double>(state->connections()));
            waiting.set(now_waiting);
            // The two are not counted at one instant.
            running.set(state == nullptr ? 0 : std::max(0.0, static_cast<double>(state->calls_) - now_waiting));
        });
    }

    [[nodiscard]] std::size_t connections() const {
        return server_->connections() + (internal_server_ ? internal_server_->connections() : 0);
    }

    http::Handlers handlers(Listener listener) {
        return {.admit = [this, listener](const Request& request) { return admit(request, listener); },
                .failed =
                    [this](std::string_view what) {
                        log_.error("a request failed", {{"reason", what}});
                    },
                .refused = [this](const Request& request, Response& response) { refused(request, response); }};
    }

    /// What is known of a request before it is looked at.
    [[nodiscard]] Ticket ticket_of(const Request& request) const {
        return {.request_id = request_id_of(request),
                .method = detail::method_index(request.method),
                .address = http::client_address(request, trusted_proxies_)};
    }

    /// A request that is to be handed to a handler.
    struct Admitted {
        Ticket ticket;
        Call call;
    };

    http::Admission admit(const Request& request, Listener listener) {
        auto admitted = std::make_shared<Admitted>(Admitted{.ticket = ticket_of(request), .call = {}});
        const Route* route = nullptr;
        if (auto refusal = find_route(request, listener, *admitted, route)) {
            return {.refusal = finish(admitted->ticket, *std::move(refusal))};
        }
        return {.body_bytes_max = body_bytes_max_of(*route),
                .has_right = route->access == Route::Access::service_token,
                .handle = [this, admitted, route](Request whole, const Reply& reply) {
                    handle(*admitted, *route, std::move(whole), reply);
                }};
    }

    void handle(Admitted& admitted, const Route& route, Request request, const Reply& reply) {
        Call& call = admitted.call;
        Ticket& ticket = admitted.ticket;
        call.request = std::move(request);
        call.request_id = ticket.request_id;
        call.caller = ticket.caller;
        call.notes = ticket.notes = std::make_shared<std::vector<std::pair<std::string_view, std::string>>>();
        ticket.route = &route;
        // How long the client took to send the body says nothing about this server.
        ticket.begin = SteadyClock::now();
        ++calls_;
        const Reply finishing([link = link_, ticket = std::move(ticket), reply](Response response) {
            const std::shared_lock lock(link->mutex);
            if (link->state != nullptr) {
                reply.send(link->state->finish(ticket, std::move(response)));
            }
        });
        run(route, std::move(call), finishing);
    }

    /// The refusal, or nullopt with `route` and `admitted` filled in.
    std::optional<Response> find_route(const Request& request, Listener listener, Admitted& admitted,
                                       const Route*& route) const {
        auto& [ticket, call] = admitted;
        auto parts = detail::split_path(request.path);
        if (!parts) {
            return error_response(400, "bad_request", "The path is not percent-encoded UTF-8 without NUL.");
        }
        const Pattern* const pattern = routes_.find(*parts);
        if (pattern == nullptr || !serves(listener, pattern->text)) {
            return error_response(404, "not_found", "There is no such path.");
        }
        ticket.pattern = pattern;
        route = pattern->route(request.method);
        if (route == nullptr) {
            return error_response(405, "method_not_allowed", "The path does not take this method.",
                                  {{"Allow", pattern->allowed_methods}});
        }
        call.path_arguments = pattern->arguments(*std::move(parts));
        if (route->access == Route::Access::service_token) {
            const auto tokens = tokens_ ? tokens_() : nullptr;
            const auto caller =
                tokens ? tokens->caller(request.header("Authorization"), route->method, request.path) : std::nullopt;
            if (!caller) {
                return unauthorized_response("unauthorized", "A valid service token is needed.");
            }
            ticket.caller = caller->name;
            ticket.user = request.header("X-User").value_or("");
            ticket.path_arguments = call.path_arguments;
            if (!caller->is_allowed) {
                return error_response(403, "forbidden", "The service token does not allow this.");
            }
        }
        if (route->admit) {
            if (auto refusal = route->admit(request)) {
                return refusal;
            }
        }
        if (route->takes_body && !is_json(request.header("Content-Type"))) {
            return error_response(415, "unsupported_media_type", "The body must be application/json in UTF-8.");
        }
        return std::nullopt;
    }

    void run(const Route& route, Call call, const Reply& reply) {
        if (const auto* handler = std::get_if<AsynchronousHandler>(&route.handler)) {
            const std::string request_id = call.request_id;
            try {
                (*handler)(std::move(call), reply);
            } catch (...) {
                reply.send(failure_response(std::current_exception(), request_id, log_,
                                            {.method = route.method, .pattern = route.pattern}));
            }
            return;
        }
        const auto& handler = std::get<BlockingHandler>(route.handler);
        auto shared_call = std::make_shared<Call>(std::move(call));
        const bool is_posted = queue_->try_post([this, &route, &handler, call = std::move(shared_call), reply] {
            reply.send(answer(handler, *call, log_, {.method = route.method, .pattern = route.pattern}));
        });
        if (!is_posted) {
            reply.send(overloaded_response());
        }
    }

    /// What the server refused by itself.
    void refused(const Request& request, Response& response) {
        Ticket ticket = ticket_of(request);
        if (const auto parts = detail::split_path(request.path)) {
            ticket.pattern = routes_.find(*parts);
        }
        response = finish(ticket, std::move(response));
    }

    [[nodiscard]] Response finish(const Ticket& ticket, Response response) {
        const std::chrono::duration<double> duration = SteadyClock::now() - ticket.begin;
        if (ticket.route != nullptr) {
            --calls_;
        }
        auto& durations = ticket.pattern == nullptr ? *unknown_durations_ : durations_[ticket.pattern->index];
        durations.observe(ticket.method, response.status, duration);

        // Whoever only reads, and succeeds, is too frequent for the log, as are some others.
        const std::string_view method = detail::method_names.at(ticket.method);
        request_log_.write({.request_id = ticket.request_id,
                            .method = method,
                            .handler = ticket.handler(),
                            .status = response.status,
                            .code = code_of(response),
                            .duration_ms = duration.count() * 1'000,
                            .caller = ticket.caller,
                            .user = ticket.user,
                            .address = ticket.address,
                            .path_arguments = &ticket.path_arguments,
                            .notes = ticket.notes.get(),
                            .is_frequent = method == "GET" || method == "HEAD" ||
                                           (ticket.route != nullptr && ticket.route->is_frequent),
                            .is_open = ticket.caller.empty()},
                           SteadyClock::now().time_since_epoch());
        response.headers.emplace_back(request_id_header, ticket.request_id);
        // What a service tells one caller is for nobody else's cache (ASVS 5.0, 14.2.2 and 14.3.2).
        response.headers.emplace_back("Cache-Control", "no-store");
        return response;
    }

    // Constant after construction.
    const detail::RouteTable routes_;
    const TokenSource tokens_;
    log::Logger& log_;
    detail::RequestLog request_log_;
    const http::TrustedProxies trusted_proxies_;
    const std::shared_ptr<Link> link_;

    /// By Pattern::index.
    std::deque<detail::RequestDurations> durations_;
    std::optional<detail::RequestDurations> unknown_durations_;
    /// Handed to a handler and not answered yet.
    std::atomic<std::size_t> calls_ = 0;
    std::optional<platform::WorkQueue> queue_;
    std::optional<http::Server> server_;
    std::optional<http::Server> internal_server_;
};

ApiServer::ApiServer(const ApiSettings& settings, std::vector<Route> routes, std::string_view openapi,
                     TokenSource tokens, metrics::Registry& registry, log::Logger& log, std::stop_token stop)
    : state_(std::make_unique<State>(settings, with_openapi(std::move(routes), openapi), std::move(tokens), registry,
                                     log, std::move(stop))) {}

ApiServer::~ApiServer() = default;

std::uint16_t ApiServer::port() const noexcept {
    return state_->port();
}

std::uint16_t ApiServer::internal_port() const noexcept {
    return state_->internal_port();
}

}  // namespace twinfleet::api

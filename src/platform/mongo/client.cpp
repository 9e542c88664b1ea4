#include "platform/mongo/client.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/mongo/connection.hpp"
#include "platform/mongo/errors.hpp"
#include "platform/mongo/libmongoc.hpp"
#include "platform/net/loopback.hpp"

namespace twinfleet::mongo {
namespace {

/// Starts libmongoc once in a process. Every pool asks for it first, so it outlives static pools, too.
class Library {
public:
    static void require() { static const Library library; }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

private:
    Library() {
        // It would print to stderr, and parts of documents with it. What matters arrives as an error of the call.
        mongoc_log_set_handler([](mongoc_log_level_t, const char*, const char*, void*) {}, nullptr);
        mongoc_init();
    }
    ~Library() { mongoc_cleanup(); }
};

std::int32_t milliseconds(std::chrono::milliseconds duration) {
    constexpr auto longest = std::chrono::milliseconds(std::numeric_limits<std::int32_t>::max());
    return static_cast<std::int32_t>(std::clamp(duration, std::chrono::milliseconds(1), longest).count());
}

UriHandle parse_uri(const Settings& settings) {
    bson_error_t error{};
    UriHandle uri(mongoc_uri_new_with_error(settings.uri.c_str(), &error));
    if (uri == nullptr) {
        throw std::invalid_argument(
            "the MongoDB URI cannot be parsed: expected "
            "mongodb://[user:password@]host[:port][,...]/[database][?options], "
            "special characters in user and password percent-encoded");
    }
    const auto set_integer = [&](const char* option, std::int32_t value) {
        if (!mongoc_uri_has_option(uri.get(), option)) {
            mongoc_uri_set_option_as_int32(uri.get(), option, value);
        }
    };
    const auto set_boolean = [&](const char* option, bool value) {
        if (!mongoc_uri_has_option(uri.get(), option)) {
            mongoc_uri_set_option_as_bool(uri.get(), option, value);
        }
    };
    set_integer(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, milliseconds(settings.server_selection_timeout));
    set_integer(MONGOC_URI_CONNECTTIMEOUTMS, milliseconds(settings.connect_timeout));
    set_integer(MONGOC_URI_SOCKETTIMEOUTMS, milliseconds(settings.socket_timeout));
    set_integer(MONGOC_URI_WAITQUEUETIMEOUTMS, milliseconds(settings.connection_wait_timeout));
    set_integer(MONGOC_URI_MAXPOOLSIZE, static_cast<std::int32_t>(std::max(settings.connections_max, 1U)));
    set_boolean(MONGOC_URI_SERVERSELECTIONTRYONCE, false);
    // Who retries is the caller, who knows what may be repeated.
    set_boolean(MONGOC_URI_RETRYWRITES, false);
    set_boolean(MONGOC_URI_RETRYREADS, false);
    if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_APPNAME)) {
        mongoc_uri_set_appname(uri.get(), settings.application_name.c_str());
    }
    if (const std::string weak = weak_option(uri.get(), settings.may_read_from_secondaries); !weak.empty()) {
        throw std::invalid_argument("the MongoDB URI has the option " + weak);
    }
    return uri;
}

std::chrono::milliseconds socket_timeout_of(const mongoc_uri_t* uri) {
    // libmongoc takes 0 for its default.
    constexpr std::int32_t default_ms = 300'000;
    const std::int32_t timeout_ms = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, default_ms);
    return std::chrono::milliseconds(timeout_ms > 0 ? timeout_ms : default_ms);
}

}  // namespace

bool may_send_password_in_plain(const Settings& settings) {
    const auto uri = parse_uri(settings);
    const char* const password = mongoc_uri_get_password(uri.get());
    if (password == nullptr || *password == '\0' || mongoc_uri_get_tls(uri.get())) {
        return false;
    }
    // Hosts are looked up in the DNS.
    if (mongoc_uri_get_srv_hostname(uri.get()) != nullptr) {
        return true;
    }
    for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(uri.get()); host != nullptr; host = host->next) {
        if (!net::is_on_this_machine(host->host)) {
            return true;
        }
    }
    return false;
}

ClientHandle Pool::State::client() const {
    mongoc_client_t* const client = mongoc_client_pool_pop(pool.get());
    if (client == nullptr) {
        throw platform::StoreUnavailable(store_name, "all connections of the pool stayed in use");
    }
    count.taken();
    return {client, ReturnToPool{pool.get(), &count}};
}

Pool::Pool(const Settings& settings) {
    Library::require();
    const auto uri = parse_uri(settings);
    bson_error_t error{};
    PoolHandle pool(mongoc_client_pool_new_with_error(uri.get(), &error));
    if (pool == nullptr) {
        throw std::invalid_argument(
            "the MongoDB URI cannot be used: its options contradict each other or need a DNS answer");
    }
    // Tells errors of the server from libmongoc's own.
    mongoc_client_pool_set_error_api(pool.get(), MONGOC_ERROR_API_VERSION_2);
    state_ = std::make_unique<State>();
    state_->pool = std::move(pool);
    state_->reads_from_primary =
        mongoc_read_prefs_get_mode(mongoc_uri_get_read_prefs_t(uri.get())) == MONGOC_READ_PRIMARY;
    state_->socket_timeout = socket_timeout_of(uri.get());
    state_->concerns = Concerns(uri.get(), std::max(state_->socket_timeout * 2 / 3, std::chrono::milliseconds(1)));
    // As libmongoc reads it, which takes less than one for one.
    state_->connections_max =
        static_cast<std::size_t>(std::max(mongoc_uri_get_option_as_int32(uri.get(), MONGOC_URI_MAXPOOLSIZE, 1), 1));
}

Pool::~Pool() = default;

Collection Pool::collection(std::string database, std::string name) const {
    return {*this, std::move(database), std::move(name)};
}

Pool::Usage Pool::usage() const {
    Usage usage = state_->count.now();
    usage.max = state_->connections_max;
    return usage;
}

}  // namespace twinfleet::mongo

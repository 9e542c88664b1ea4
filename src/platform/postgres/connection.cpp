#include "platform/postgres/connection.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <libpq-fe.h>
#include <pqxx/pqxx>

#include "platform/net/loopback.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::postgres {
namespace {

/// libpq waits at least 2 s for a connection, whatever less is asked for.
constexpr std::chrono::seconds connect_timeout_min{2};

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

Options parse(const std::string& dsn) {
    Options options(PQconninfoParse(dsn.c_str(), nullptr));
    if (options == nullptr) {
        throw std::invalid_argument(
            "the PostgreSQL connection string cannot be parsed: expected "
            "postgresql://[user[:password]@]host[:port]/database"
            "[?options] or keyword=value pairs");
    }
    return options;
}

/// Empty where the connection string does not say.
std::string_view value_of(const Options& options, std::string_view keyword) {
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (keyword == option->keyword && option->val != nullptr) {
            return option->val;
        }
    }
    return {};
}

void append_option(std::string& text, std::string_view keyword, std::string_view value) {
    if (!text.empty()) {
        text += ' ';
    }
    text += keyword;
    text += "='";
    for (const char character : value) {
        if (character == '\'' || character == '\\') {
            text += '\\';
        }
        text += character;
    }
    text += '\'';
}

bool is_on(const char* value) {
    return value != nullptr && std::string_view(value) == "on";
}

/// Begins a session as libpqxx does, and keeps the handle, which libpqxx does not show.
class SessionPolicy : public pqxx::connect_direct {
public:
    using connect_direct::connect_direct;

    handle do_startconnect(handle orig) override { return native_ = connect_direct::do_startconnect(orig); }
    handle do_disconnect(handle orig) noexcept override {
        native_ = nullptr;
        return connect_direct::do_disconnect(orig);
    }

    /// Whether the server has said that this setting of the session is on.
    [[nodiscard]] bool has(const char* setting) const noexcept {
        return native_ != nullptr && is_on(PQparameterStatus(native_, setting));
    }

private:
    handle native_ = nullptr;
};

}  // namespace

class Connection::Native : public pqxx::connection_base {
public:
    explicit Native(const std::string& dsn) : connection_base(policy_), policy_(dsn) {
        init();
        // Notices would go to stderr.
        quiet_.emplace(*this);
        // Short messages: the details hold values.
        set_verbosity(terse);
        // libpqxx would try twice more to connect for a BEGIN, each try as long as `connect_timeout`; Pool decides
        // that. Deprecated in favour of libpqxx 7, where connections never come back by themselves.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        inhibit_reactivation(true);
#pragma GCC diagnostic pop
    }
    ~Native() noexcept {
        quiet_.reset();
        close();
    }
    Native(const Native&) = delete;
    Native& operator=(const Native&) = delete;

    [[nodiscard]] bool has(const char* setting) const noexcept {
        return policy_.has(setting);
    }

private:
    SessionPolicy policy_;
    std::optional<pqxx::quiet_errorhandler> quiet_;
};

std::string complete_dsn(const Settings& settings) {
    const Options options = parse(settings.dsn);
    const auto connect_timeout =
        std::max(connect_timeout_min, std::chrono::ceil<std::chrono::seconds>(settings.connect_timeout));
    const std::vector<std::pair<std::string_view, std::string>> defaults{
        {"application_name", settings.application_name},
        {"client_encoding", "UTF8"},
        {"connect_timeout", std::to_string(connect_timeout.count())},
        // A peer that vanished without a word is noticed within 30 s.
        {"keepalives_idle", "15"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "30000"},
        // Of several hosts the one that takes writes; a standby is none to work with.
        {"target_session_attrs", settings.reads_only ? "primary" : "read-write"},
    };
    const auto timeouts =
        "-c statement_timeout=" + std::to_string(settings.statement_timeout.count()) +
        " -c idle_in_transaction_session_timeout=" + std::to_string(settings.idle_in_transaction_timeout.count());

    std::string completed;
    std::string server_options = timeouts;
    if (settings.reads_only) {
        server_options += " -c default_transaction_read_only=on";
    }
    if (!settings.session_options.empty()) {
        server_options += ' ' + settings.session_options;
    }
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        if (keyword == "options") {
            // What comes later counts.
            server_options += option->val == nullptr ? "" : ' ' + std::string(option->val);
        } else if (keyword == "target_session_attrs" && settings.reads_only && option->val != nullptr &&
                   std::string_view(option->val) == "read-write") {
            // libpq takes a session that only reads for one with a server that takes no writes.
            append_option(completed, keyword, "primary");
        } else if (option->val != nullptr) {
            append_option(completed, keyword, option->val);
        } else if (const auto found = std::ranges::find(defaults, keyword, [](const auto& pair) { return pair.first; });
                   found != defaults.end()) {
            append_option(completed, keyword, found->second);
        }
    }
    append_option(completed, "options", server_options);
    return completed;
}

bool needs_primary(const Settings& settings) {
    const Options options = parse(settings.dsn);
    const std::string_view goal = value_of(options, "target_session_attrs");
    return goal.empty() || goal == "read-write" || goal == "primary";
}

bool may_send_password_in_plain(const Settings& settings) {
    const Options options = parse(settings.dsn);
    const std::string_view mode = value_of(options, "sslmode");
    if (value_of(options, "password").empty() || mode == "require" || mode == "verify-ca" || mode == "verify-full") {
        return false;
    }
    // An address stands in place of the name that the certificate is checked against.
    const std::string_view addresses = value_of(options, "hostaddr");
    std::string_view hosts = addresses.empty() ? value_of(options, "host") : addresses;
    for (;;) {
        const auto comma = hosts.find(',');
        if (!net::is_on_this_machine(hosts.substr(0, comma))) {
            return true;
        }
        if (comma == std::string_view::npos) {
            return false;
        }
        hosts.remove_prefix(comma + 1);
    }
}

Connection::Connection(const std::string& dsn) : native_(std::make_unique<Native>(dsn)) {}

Connection::~Connection() = default;

pqxx::connection_base& Connection::get() noexcept {
    return *native_;
}

bool Connection::is_open() const noexcept {
    return native_->is_open();
}

bool Connection::is_of_primary() const noexcept {
    return !native_->has("in_hot_standby");
}

bool Connection::may_write() const noexcept {
    return is_of_primary() && !native_->has("default_transaction_read_only");
}

}  // namespace twinfleet::postgres

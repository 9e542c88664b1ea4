#include "platform/postgres/pool.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <variant>
#include <vector>

#include <libpq-fe.h>
#include <pqxx/pqxx>

#include "platform/concurrency/item_pool.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/postgres/errors.hpp"
#include "platform/postgres/native_statements.hpp"

namespace twinfleet::postgres {
namespace {

using platform::StoreUnavailable;

/// libpq waits at least 2 s for a connection, whatever less is asked for.
constexpr std::chrono::seconds connect_timeout_min{2};

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

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

/// The connection string in keyword form, completed by what the settings say and it does not.
std::string complete_dsn(const Settings& settings) {
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(settings.dsn.c_str(), nullptr));
    if (options == nullptr) {
        throw std::invalid_argument(
            "the PostgreSQL connection string cannot be parsed: expected "
            "postgresql://[user[:password]@]host[:port]/database"
            "[?options] or keyword=value pairs");
    }
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
    };
    const auto timeouts =
        "-c statement_timeout=" + std::to_string(settings.statement_timeout.count()) +
        " -c idle_in_transaction_session_timeout=" + std::to_string(settings.idle_in_transaction_timeout.count());

    std::string completed;
    std::string server_options = timeouts;
    if (!settings.session_options.empty()) {
        server_options += ' ' + settings.session_options;
    }
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        if (keyword == "options") {
            // What comes later counts.
            server_options += option->val == nullptr ? "" : ' ' + std::string(option->val);
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

class Connection {
public:
    explicit Connection(const std::string& dsn) : connection_(dsn), quiet_(connection_) {
        // Short messages: the details hold values.
        connection_.set_verbosity(pqxx::connection_base::terse);
        // libpqxx would try twice more to connect for a BEGIN, each try as long as `connect_timeout`; begin() below
        // decides that. Deprecated in favour of libpqxx 7, where connections never come back by themselves.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
    }

    [[nodiscard]] pqxx::connection& get() noexcept {
        return connection_;
    }

private:
    pqxx::connection connection_;
    /// Notices would go to stderr.
    pqxx::quiet_errorhandler quiet_;
};

using Connections = platform::ItemPool<Connection>;

}  // namespace

struct Pool::State {
    explicit State(const Settings& settings)
        : dsn(complete_dsn(settings)),
          wait_timeout(settings.connect_timeout),
          connections({.items_max = settings.connections_max}) {}

    /// One connection, in use.
    class Lease;

    [[nodiscard]] Connections::Lease lease() {
        auto lent = connections.lease(std::chrono::steady_clock::now() + wait_timeout);
        if (auto* lease = std::get_if<Connections::Lease>(&lent)) {
            return std::move(*lease);
        }
        throw StoreUnavailable(store_name, "all connections of the pool stayed in use");
    }

    // Constant after construction.
    const std::string dsn;
    const std::chrono::milliseconds wait_timeout;

    Connections connections;
};

class Pool::State::Lease {
public:
    explicit Lease(State& state) : state_(state), lent_(state.lease()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        if (is_open()) {
            lent_.keep();
        }
    }

    /// Sends BEGIN. An idle connection may have been cut off since it was last used; it is replaced, once.
    void begin(std::optional<pqxx::work>& transaction) {
        if (lent_.item != nullptr) {
            try {
                transaction.emplace(lent_.item->get());
                return;
            } catch (const pqxx::failure&) {
                lent_.item.reset();
            }
        }
        lent_.item = std::make_unique<Connection>(state_.dsn);
        transaction.emplace(lent_.item->get());
    }

    [[nodiscard]] Result query(const Statement& statement, std::span<const Parameter> parameters) {
        if (lent_.item != nullptr) {
            try {
                return query_once(statement, parameters);
            } catch (const pqxx::failure&) {
                if (is_open()) {
                    throw;
                }
            }
        }
        lent_.item = std::make_unique<Connection>(state_.dsn);
        return query_once(statement, parameters);
    }

    [[nodiscard]] bool is_open() const noexcept { return lent_.item != nullptr && lent_.item->get().is_open(); }

private:
    [[nodiscard]] Result query_once(const Statement& statement, std::span<const Parameter> parameters) {
        lent_.item->get().prepare(statement.name, statement.sql);
        pqxx::nontransaction session(lent_.item->get());
        return execute_prepared(session, statement.name, parameters);
    }

    State& state_;
    Connections::Lease lent_;
};

Pool::Pool(const Settings& settings) : state_(std::make_unique<State>(settings)) {}

Pool::~Pool() = default;

void Pool::run(const std::function<void(Transaction&)>& work) {
    try {
        State::Lease lease(*state_);
        std::optional<pqxx::work> native;
        lease.begin(native);
        try {
            Transaction transaction(*native);
            work(transaction);
            native->commit();
        } catch (const pqxx::pqxx_exception&) {
            if (!lease.is_open()) {
                throw StoreUnavailable(store_name, "the connection broke");
            }
            throw;
        }
    } catch (...) {
        rethrow_as_store_error();
    }
}

Result Pool::query(const Statement& statement, std::span<const Parameter> parameters) {
    try {
        State::Lease lease(*state_);
        try {
            return lease.query(statement, parameters);
        } catch (const pqxx::pqxx_exception&) {
            if (!lease.is_open()) {
                throw StoreUnavailable(store_name, "the connection broke");
            }
            throw;
        }
    } catch (...) {
        rethrow_as_store_error();
    }
}

void Pool::ping() {
    transact([](Transaction& transaction) { transaction.execute("SELECT 1"); });
}

Pool::Usage Pool::usage() const {
    return state_->connections.usage();
}

}  // namespace twinfleet::postgres

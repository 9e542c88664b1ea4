#include "platform/postgres/pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <libpq-fe.h>
#include <pqxx/pqxx>

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

using Slot = std::unique_ptr<Connection>;

}  // namespace

struct Pool::State {
    explicit State(const Settings& settings)
        : dsn(complete_dsn(settings)),
          connections_max(std::max<std::size_t>(settings.connections_max, 1)),
          wait_timeout(settings.connect_timeout) {
        idle.reserve(connections_max);
    }

    /// One connection, in use.
    class Lease;

    /// An idle connection, or nothing: then a place is reserved for one that is still to be opened.
    [[nodiscard]] Slot acquire();
    /// Gives the place back, with the connection unless it is null.
    void release(Slot connection) noexcept;

    // Constant after construction.
    const std::string dsn;
    const std::size_t connections_max;
    const std::chrono::milliseconds wait_timeout;

    mutable std::mutex mutex;
    std::condition_variable released;
    // Guarded by `mutex`. The youngest idle connection is last and is used first.
    std::vector<Slot> idle;
    std::size_t in_use = 0;
};

Slot Pool::State::acquire() {
    std::unique_lock lock(mutex);
    if (!released.wait_for(lock, wait_timeout, [this] { return in_use < connections_max; })) {
        throw StoreUnavailable(store_name, "all connections of the pool stayed in use");
    }
    ++in_use;
    if (idle.empty()) {
        return nullptr;
    }
    auto connection = std::move(idle.back());
    idle.pop_back();
    return connection;
}

void Pool::State::release(Slot connection) noexcept {
    {
        const std::lock_guard lock(mutex);
        --in_use;
        if (connection != nullptr) {
            idle.push_back(std::move(connection));
        }
    }
    released.notify_one();
}

class Pool::State::Lease {
public:
    explicit Lease(State& state) : state_(state), connection_(state.acquire()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        if (!is_open()) {
            connection_.reset();
        }
        state_.release(std::move(connection_));
    }

    /// Sends BEGIN. An idle connection may have been cut off since it was last used; it is replaced, once.
    void begin(std::optional<pqxx::work>& transaction) {
        if (connection_ != nullptr) {
            try {
                transaction.emplace(connection_->get());
                return;
            } catch (const pqxx::failure&) {
                connection_.reset();
            }
        }
        connection_ = std::make_unique<Connection>(state_.dsn);
        transaction.emplace(connection_->get());
    }

    [[nodiscard]] Result query(const Statement& statement, std::span<const Parameter> parameters) {
        if (connection_ != nullptr) {
            try {
                return query_once(statement, parameters);
            } catch (const pqxx::failure&) {
                if (is_open()) {
                    throw;
                }
            }
        }
        connection_ = std::make_unique<Connection>(state_.dsn);
        return query_once(statement, parameters);
    }

    [[nodiscard]] bool is_open() const noexcept { return connection_ != nullptr && connection_->get().is_open(); }

private:
    [[nodiscard]] Result query_once(const Statement& statement, std::span<const Parameter> parameters) {
        connection_->get().prepare(statement.name, statement.sql);
        pqxx::nontransaction session(connection_->get());
        return execute_prepared(session, statement.name, parameters);
    }

    State& state_;
    Slot connection_;
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
    const std::lock_guard lock(state_->mutex);
    return {.open = state_->idle.size() + state_->in_use, .in_use = state_->in_use, .max = state_->connections_max};
}

}  // namespace twinfleet::postgres

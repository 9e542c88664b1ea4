#include "platform/postgres/pool.hpp"

#include <variant>

#include <pqxx/pqxx>

#include "platform/concurrency/item_pool.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/postgres/connection.hpp"
#include "platform/postgres/errors.hpp"
#include "platform/postgres/native_statements.hpp"

namespace twinfleet::postgres {
namespace {

using platform::StoreUnavailable;

using Connections = platform::ItemPool<Connection>;

}  // namespace

struct Pool::State {
    explicit State(const Settings& settings)
        : dsn(complete_dsn(settings)),
          needs_primary(postgres::needs_primary(settings)),
          needs_writes(needs_primary && !settings.reads_only),
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
    const bool needs_primary;
    const bool needs_writes;
    const std::chrono::milliseconds wait_timeout;

    Connections connections;
};

class Pool::State::Lease {
public:
    explicit Lease(State& state) : state_(state), lent_(state.lease()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        if (!is_open() || is_unfit_) {
            return;
        }
        if ((lent_.item->is_of_primary() || !state_.needs_primary) &&
            (lent_.item->may_write() || !state_.needs_writes)) {
            lent_.keep();
        } else {
            lent_.renew_all();
        }
    }

    /// To be called while an exception is being handled. Throws it on as an error of the store, and sees to it that the
    /// next connection finds a server that can be worked with. After a broken connection, and when the server ends or
    /// only reads, no connection of the pool is used again; after any other failure that a pause may mend, such as a
    /// statement that took too long, this one is not.
    [[noreturn]] void leave_after_failure() {
        const bool broke = lent_.item != nullptr && !lent_.item->is_open();
        try {
            rethrow_as_store_error();
        } catch (const ServerUnfit&) {
            lent_.renew_all();
            throw;
        } catch (const StoreUnavailable&) {
            if (broke) {
                lent_.renew_all();
                throw StoreUnavailable(store_name, "the connection broke");
            }
            is_unfit_ = true;
            throw;
        }
    }

    /// Sends BEGIN. An idle connection may have been cut off since it was last used; it is replaced, once.
    void begin(std::optional<pqxx::work>& transaction) {
        if (lent_.item != nullptr) {
            try {
                transaction.emplace(lent_.item->get());
                return;
            } catch (const pqxx::failure&) {
                lent_.renew_all();
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
                lent_.renew_all();
            }
        }
        lent_.item = std::make_unique<Connection>(state_.dsn);
        return query_once(statement, parameters);
    }

private:
    [[nodiscard]] bool is_open() const noexcept { return lent_.item != nullptr && lent_.item->is_open(); }
    [[nodiscard]] Result query_once(const Statement& statement, std::span<const Parameter> parameters) {
        lent_.item->get().prepare(statement.name, statement.sql);
        pqxx::nontransaction session(lent_.item->get());
        return execute_prepared(session, statement.name, parameters);
    }

    State& state_;
    Connections::Lease lent_;
    /// The connection is not to be used again although it is open.
    bool is_unfit_ = false;
};

Pool::Pool(const Settings& settings) : state_(std::make_unique<State>(settings)) {}

Pool::~Pool() = default;

void Pool::run(const std::function<void(Transaction&)>& work) {
    State::Lease lease(*state_);
    try {
        std::optional<pqxx::work> native;
        lease.begin(native);
        Transaction transaction(*native);
        work(transaction);
        native->commit();
    } catch (...) {
        lease.leave_after_failure();
    }
}

Result Pool::query(const Statement& statement, std::span<const Parameter> parameters) {
    State::Lease lease(*state_);
    try {
        return lease.query(statement, parameters);
    } catch (...) {
        lease.leave_after_failure();
    }
}

void Pool::ping() {
    transact([this](Transaction& transaction) {
        const auto answer =
            transaction.execute("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean");
        Row row = answer.only_row();
        const bool is_standby = row.boolean();
        const bool may_only_read = row.boolean();
        if ((is_standby && state_->needs_primary) || (may_only_read && state_->needs_writes)) {
            throw ServerUnfit("the server takes no writes");
        }
    });
}

Pool::Usage Pool::usage() const {
    return state_->connections.usage();
}

}  // namespace twinfleet::postgres

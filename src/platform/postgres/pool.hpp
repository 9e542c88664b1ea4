#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "platform/concurrency/item_pool.hpp"
#include "platform/postgres/transaction.hpp"

/// PostgreSQL through libpqxx 6.4, whose types stay in the sources of this folder.
///
/// Everything here throws platform::StoreUnavailable when the server cannot be reached, the connection broke, the
/// server takes no writes (a standby, or a primary that became one), or it gave up for a reason that time may mend,
/// such as a statement that ran too long or a deadlock; and platform::StoreRefused for any other error that the server
/// answers with. Messages carry neither the connection string nor parameters.
namespace twinfleet::postgres {

/// How a Pool connects.
struct Settings {
    /// libpq's connection string or URI (postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING). What it says wins
    /// over the settings below it. Where it names several hosts, each new connection goes to the first of them that
    /// takes writes (target_session_attrs=read-write). A string that says `target_session_attrs=any` is for whoever
    /// only reads: a standby is good enough then.
    std::string dsn = "postgresql://127.0.0.1:5432/twinfleet";
    std::string application_name = "twinfleet";
    std::size_t connections_max = 8;
    /// How long connecting may take. libpq counts in whole seconds and waits for at least two.
    std::chrono::milliseconds connect_timeout{3'000};
    /// How long one statement may run on the server; 0 for no limit.
    std::chrono::milliseconds statement_timeout{30'000};
    /// How long a client may be silent within a transaction before the server ends that transaction, which frees what a
    /// suspended process has locked; 0 for no limit.
    std::chrono::milliseconds idle_in_transaction_timeout{5'000};
    /// Whether the sessions refuse writes, against mistakes. The server is the primary all the same, as a standby lags.
    bool reads_only = false;
    /// Further options of each session, such as "-c enable_seqscan=off".
    std::string session_options;
};

/// The same settings for connections that only look whether the server answers: everything that takes longer than
/// `limit` is given up.
[[nodiscard]] inline Settings probe_settings(Settings settings, std::chrono::milliseconds limit) {
    // One for a ping, one for a look at the schema.
    settings.connections_max = 2;
    settings.connect_timeout = limit;
    settings.statement_timeout = limit;
    return settings;
}

/// Whether the password in the connection string may travel without TLS to another machine: `sslmode` does not demand
/// TLS, and a host is none of this machine. Throws std::invalid_argument as Pool does.
[[nodiscard]] bool may_send_password_in_plain(const Settings& settings);

/// Connections to one server, the primary. Safe to use from any thread. A call that finds all of them in use waits for
/// one for up to `connect_timeout`, then throws StoreUnavailable.
///
/// The primary may change. When a connection breaks, or the server tells that it ends, starts or takes no writes, no
/// connection of the pool is used again, and the next call connects anew.
class Pool {
public:
    /// Does not connect. Throws std::invalid_argument when the connection string cannot be parsed; the message does not
    /// repeat it.
    explicit Pool(const Settings& settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Runs `work`, which takes a Transaction&, in one transaction and commits it; whatever `work` throws rolls it
    /// back. Returns what `work` returns. When the connection turns out to be broken before `work` has sent anything
    /// (an idle connection whose server was restarted), a new one is tried once. Otherwise nothing is tried again,
    /// since nobody knows whether a commit that failed took effect.
    template <typename Work>
    auto transact(Work&& work) {
        using Outcome = std::invoke_result_t<Work, Transaction&>;
        if constexpr (std::is_void_v<Outcome>) {
            run([&work](Transaction& transaction) { work(transaction); });
        } else {
            std::optional<Outcome> outcome;
            run([&](Transaction& transaction) { outcome.emplace(work(transaction)); });
            return std::move(*outcome);
        }
    }

    /// A statement to be prepared: `name` stands for `sql` on every connection of the pool.
    struct Statement {
        std::string name;
        std::string sql;
    };
    /// Runs one statement that only reads. It is prepared once on each connection and runs outside of a transaction
    /// block, so it takes a single round trip. When the connection turns out to be broken, the statement is sent once
    /// more on a new one.
    [[nodiscard]] Result query(const Statement& statement, std::span<const Parameter> parameters);

    /// Throws unless the server answers and, where that is needed, takes writes.
    void ping();
    /// How many connections are open now, in use, and so on.
    using Usage = platform::ItemPoolUsage;
    [[nodiscard]] Usage usage() const;

private:
    void run(const std::function<void(Transaction&)>& work);

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::postgres

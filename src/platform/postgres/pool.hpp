#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pqxx/pqxx>

/// PostgreSQL through libpqxx 6.4.
///
/// Throws platform::StoreUnavailable when the server cannot be reached or the connection broke, platform::StoreRefused
/// for any other error the server answers with. Messages carry neither the connection string nor parameters.
namespace twinfleet::postgres {

struct Settings {
    /// libpq's connection string or URI (postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING). What it says by
    /// itself wins over the settings below it.
    std::string dsn = "postgresql://127.0.0.1:5432/twinfleet";
    std::string application_name = "twinfleet";
    std::size_t connections_max = 8;
    /// libpq counts whole seconds, and at least two.
    std::chrono::milliseconds connect_timeout{3'000};
    /// Server-side limit of one statement; 0: none.
    std::chrono::milliseconds statement_timeout{30'000};
    /// The server ends a transaction whose client says nothing for this long: what a suspended process has locked comes
    /// free for others. 0: never.
    std::chrono::milliseconds idle_in_transaction_timeout{5'000};
    /// Further options of each session: "-c enable_seqscan=off".
    std::string session_options;
};

/// For connections that only look whether the server answers: whatever takes longer than `limit` comes to its end.
[[nodiscard]] inline Settings probe_settings(Settings settings, std::chrono::milliseconds limit) {
    // One for a ping, one for a look at the schema.
    settings.connections_max = 2;
    settings.connect_timeout = limit;
    settings.statement_timeout = limit;
    return settings;
}

/// Connections of the process; safe to use from any thread. Who finds all in use waits up to `connect_timeout` for one,
/// then gets StoreUnavailable. A connection that broke is thrown away, not handed out again.
class Pool {
public:
    /// Throws std::invalid_argument when the connection string cannot be parsed (the message does not repeat it). Does
    /// not connect.
    explicit Pool(const Settings& settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Runs `work` in one transaction and commits it; whatever it throws rolls back. If the connection turns out to be
    /// broken before `work` sent anything (an idle connection whose server restarted), a new one is tried once;
    /// otherwise nothing is retried: after a failed commit nobody knows.
    template <typename Work>
    auto transact(Work&& work) {
        using Result = std::invoke_result_t<Work, pqxx::work&>;
        if constexpr (std::is_void_v<Result>) {
            run([&work](pqxx::work& transaction) { work(transaction); });
        } else {
            std::optional<Result> result;
            run([&](pqxx::work& transaction) { result.emplace(work(transaction)); });
            return std::move(*result);
        }
    }

    /// `name` stands for `sql` on every connection of the pool.
    struct Statement {
        std::string name;
        std::string sql;
    };
    /// One statement that only reads, outside of a transaction block and prepared once on each connection: a single
    /// round trip. A connection that broke meanwhile is replaced, once.
    [[nodiscard]] pqxx::result query(const Statement& statement, const std::vector<std::string>& parameters);

    void ping();
    /// Connections open now; of these in use; how many there may be.
    struct Usage {
        std::size_t open;
        std::size_t in_use;
        std::size_t max;
    };
    [[nodiscard]] Usage usage() const;

private:
    void run(const std::function<void(pqxx::work&)>& work);

    struct State;
    std::unique_ptr<State> state_;
};

/// A column of values for `unnest($1::text[])`: PostgreSQL's array literal, built once per batch.
/// (postgresql.org/docs/15/arrays.html#ARRAYS-IO)
class ArrayLiteral {
public:
    explicit ArrayLiteral(std::size_t size_hint = 0) {
        text_.reserve(2 + size_hint * 36);
        text_ += '{';
    }
    /// Throws std::invalid_argument for text with NUL, which PostgreSQL cannot hold; the literal stays as it was.
    void add(std::string_view value);
    void add_bytea(std::span<const std::uint8_t> bytes);
    void add_null();
    /// The finished literal; the object is used up.
    [[nodiscard]] std::string take() && {
        text_ += '}';
        return std::move(text_);
    }

private:
    void separate() {
        if (text_.size() > 1)
            text_ += ',';
    }
    std::string text_;
};

/// One numbered step of a schema. Steps run in order of number, each in a transaction together with its record in
/// `<schema>.schema_migrations`; a step that is recorded is not run again.
struct Migration {
    int number;
    std::string name;
    std::string_view sql;
};

/// Brings `schema` up to date and returns how many steps were run. Safe to call from several processes at once
/// (advisory lock). Throws StoreRefused when a recorded step's text has changed since, or the database knows a higher
/// number than this program.
std::size_t migrate(Pool& pool, const std::string& schema, const std::vector<Migration>& migrations);

enum class SchemaState : std::uint8_t {
    behind,   ///< missing, or older than this program: `migrate` helps
    current,  ///< as `migrate` leaves it
    ahead,    ///< made by a newer program
};

/// Why `program` cannot work with the schema, and what helps; empty when it can.
[[nodiscard]] std::string schema_problem(SchemaState state, std::string_view program);

}  // namespace twinfleet::postgres

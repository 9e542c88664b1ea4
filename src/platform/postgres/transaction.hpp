#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/postgres/copy_rows.hpp"
#include "platform/postgres/parameters.hpp"
#include "platform/postgres/result.hpp"

namespace pqxx {
class transaction_base;
}

namespace twinfleet::postgres {

/// A transaction, which Pool::transact() begins and ends. Each call is one round trip.
///
/// Throws as Pool does (pool.hpp), and UniqueViolation or ForeignKeyViolation (errors.hpp) when a statement breaks such
/// a constraint. After any error the server refuses all further statements of the transaction, unless there is a
/// savepoint to go back to.
class Transaction {
public:
    /// For Pool alone.
    explicit Transaction(pqxx::transaction_base& native) : native_(native) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Runs one statement, or several with semicolons between them. The result is that of the last one.
    Result execute(const std::string& sql);
    /// Runs one statement with the values of its parameters, $1 first.
    template <typename... Values>
    requires(sizeof...(Values) > 0) Result execute(const std::string& sql, Values&&... values) {
        std::array<Parameter, sizeof...(Values)> parameters{Parameter(std::forward<Values>(values))...};
        return execute_with(sql, parameters);
    }
    Result execute(const std::string& sql, std::vector<Parameter> parameters) { return execute_with(sql, parameters); }
    /// The same without parameters. `context` stands at the beginning of the message of an error.
    Result execute_in_context(const std::string& sql, std::string_view context);

    /// Inserts rows by COPY, in three round trips. `target` is a table with the columns that the rows have:
    /// "things (id, name)"; the other columns take their defaults. A row that breaks a constraint refuses all of them.
    void copy(const std::string& target, const CopyRows& rows);

    /// The text as a literal of SQL, with its quotes. A text that PostgreSQL cannot hold is refused as by Parameter.
    [[nodiscard]] std::string quoted(std::string_view text) const;
    /// The name of a table, a schema and the like in SQL, with its quotes.
    [[nodiscard]] std::string quoted_name(std::string_view name) const;

private:
    /// The texts of the parameters may be moved from.
    Result execute_with(const std::string& sql, std::span<Parameter> parameters);

    pqxx::transaction_base& native_;
};

}  // namespace twinfleet::postgres

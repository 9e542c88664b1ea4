#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/postgres/parameters.hpp"
#include "platform/postgres/result.hpp"

namespace pqxx {
class transaction_base;
}

namespace twinfleet::postgres {

/// A transaction under way; Pool::transact() begins and ends it. Each call is one round trip.
///
/// Throws as Pool does (pool.hpp), and UniqueViolation or ForeignKeyViolation (errors.hpp) when a statement breaks such
/// a constraint. After any error the server refuses every further statement, unless there is a savepoint to go back to.
class Transaction {
public:
    /// To be used by Pool alone.
    explicit Transaction(pqxx::transaction_base& native) : native_(native) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// One statement, or several with semicolons between them; the result is that of the last.
    Result execute(const std::string& sql);
    /// One statement with the values of its parameters, $1 first.
    template <typename... Values>
    requires(sizeof...(Values) > 0) Result execute(const std::string& sql, Values&&... values) {
        std::array<Parameter, sizeof...(Values)> parameters{Parameter(std::forward<Values>(values))...};
        return execute_with(sql, parameters);
    }
    Result execute(const std::string& sql, std::vector<Parameter> parameters) { return execute_with(sql, parameters); }
    /// As execute() without parameters; `context` opens the message of an error.
    Result execute_in_context(const std::string& sql, std::string_view context);

    /// The text as a literal of SQL, with its quotes; refused as by Parameter.
    [[nodiscard]] std::string quoted(std::string_view text) const;
    /// The name of a table, a schema and the like, with its quotes.
    [[nodiscard]] std::string quoted_name(std::string_view name) const;

private:
    /// Uses the texts up.
    Result execute_with(const std::string& sql, std::span<Parameter> parameters);

    pqxx::transaction_base& native_;
};

}  // namespace twinfleet::postgres

#include "platform/postgres/errors.hpp"

#include <algorithm>
#include <array>

#include <pqxx/except>

namespace twinfleet::postgres {
namespace {

using platform::StoreRefused;
using platform::StoreUnavailable;

constexpr std::string_view unique_violation = "23505";
constexpr std::string_view foreign_key_violation = "23503";

/// The server is going down, coming up or full; class 08 is a broken connection.
bool means_unavailable(std::string_view sqlstate) {
    constexpr std::array<std::string_view, 5> codes{
        "53300",  // too_many_connections
        "25P03",  // idle_in_transaction_session_timeout
        "57P01",  // admin_shutdown
        "57P02",  // crash_shutdown
        "57P03",  // cannot_connect_now
    };
    return sqlstate.substr(0, 2) == "08" || std::ranges::find(codes, sqlstate) != codes.end();
}

std::string in_context(std::string_view context, std::string_view reason) {
    return context.empty() ? std::string(reason) : std::string(context) + ": " + std::string(reason);
}

}  // namespace

std::string without_data(std::string_view message, std::string_view sqlstate) {
    auto line = message.substr(0, message.find('\n'));
    constexpr std::string_view data_exception = "22";
    if (sqlstate.substr(0, 2) == data_exception) {
        line = line.substr(0, line.find('"'));
    }
    while (!line.empty() && (line.back() == ' ' || line.back() == ':')) {
        line.remove_suffix(1);
    }
    return std::string(line);
}

void rethrow_as_store_error(std::string_view context) {
    try {
        throw;
    } catch (const pqxx::broken_connection& error) {
        throw StoreUnavailable(store_name, in_context(context, without_data(error.what(), {})));
    } catch (const pqxx::in_doubt_error&) {
        throw StoreUnavailable(store_name,
                               in_context(context, "the connection broke while a transaction was being committed"));
    } catch (const pqxx::statement_completion_unknown&) {
        throw StoreUnavailable(store_name, in_context(context, "whether the last statement was completed is unknown"));
    } catch (const pqxx::sql_error& error) {
        const auto reason = in_context(context, without_data(error.what(), error.sqlstate()));
        if (means_unavailable(error.sqlstate())) {
            throw StoreUnavailable(store_name, reason);
        }
        const auto with_code = error.sqlstate().empty() ? reason : reason + ", SQLSTATE " + error.sqlstate();
        if (error.sqlstate() == unique_violation) {
            throw UniqueViolation(with_code);
        }
        if (error.sqlstate() == foreign_key_violation) {
            throw ForeignKeyViolation(with_code);
        }
        throw StoreRefused(store_name, 0, with_code);
    } catch (const pqxx::failure& error) {
        // Serialization failures and deadlocks; their messages quote nothing.
        throw StoreRefused(store_name, 0, in_context(context, without_data(error.what(), {})));
    }
}

}  // namespace twinfleet::postgres

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

/// The server ends, starts, or takes no writes.
bool means_server_unfit(std::string_view sqlstate) {
    constexpr std::array<std::string_view, 4> codes{
        "25006",  // read_only_sql_transaction
        "57P01",  // admin_shutdown
        "57P02",  // crash_shutdown
        "57P03",  // cannot_connect_now
    };
    return std::ranges::find(codes, sqlstate) != codes.end();
}

/// Nothing is wrong with what was asked, and asking again later may help.
bool means_unavailable(std::string_view sqlstate) {
    constexpr std::array<std::string_view, 3> classes{
        "08",  // the connection broke
        "53",  // out of connections, memory or disk
        "58",  // the server met an error of its system
    };
    constexpr std::array<std::string_view, 6> codes{
        "25P03",  // idle_in_transaction_session_timeout
        "40001",  // serialization_failure; of a standby: its replay was in the way
        "40P01",  // deadlock_detected
        "55P03",  // lock_not_available: waiting for a lock took too long
        "57014",  // query_canceled: it took too long, or somebody ended it
        "57P05",  // idle_session_timeout
    };
    return std::ranges::find(classes, sqlstate.substr(0, 2)) != classes.end() ||
           std::ranges::find(codes, sqlstate) != codes.end();
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
        const auto with_code = error.sqlstate().empty() ? reason : reason + ", SQLSTATE " + error.sqlstate();
        if (means_server_unfit(error.sqlstate())) {
            throw ServerUnfit(with_code);
        }
        if (means_unavailable(error.sqlstate())) {
            throw StoreUnavailable(store_name, with_code);
        }
        if (error.sqlstate() == unique_violation) {
            throw UniqueViolation(with_code);
        }
        if (error.sqlstate() == foreign_key_violation) {
            throw ForeignKeyViolation(with_code);
        }
        throw StoreRefused(store_name, 0, with_code);
    } catch (const pqxx::transaction_rollback& error) {
        // Serialization failures and deadlocks; their messages quote nothing.
        throw StoreUnavailable(store_name, in_context(context, without_data(error.what(), {})));
    } catch (const pqxx::failure& error) {
        throw StoreRefused(store_name, 0, in_context(context, without_data(error.what(), {})));
    }
}

}  // namespace twinfleet::postgres

#include <algorithm>
#include <map>
#include <stdexcept>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/errors.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::postgres {
namespace {

using platform::StoreRefused;

[[noreturn]] void refuse(const std::string& reason) {
    throw StoreRefused(store_name, 0, reason);
}

std::string describe(const Migration& migration) {
    return "migration " + std::to_string(migration.number) + " (" + migration.name + ")";
}

std::vector<Migration> in_order(std::vector<Migration> migrations) {
    std::ranges::sort(migrations, {}, &Migration::number);
    const auto twice = std::ranges::adjacent_find(migrations, {}, &Migration::number);
    if (twice != migrations.end()) {
        throw std::invalid_argument("two migrations have the number " + std::to_string(twice->number));
    }
    return migrations;
}

/// Checksum by number.
using Records = std::map<int, std::string>;

/// Waits for whoever migrates this schema now; the lock ends with the transaction.
Records lock_and_read(pqxx::work& transaction, const std::string& schema, const std::string& table) {
    // The wait, and a step over many rows, may take longer than a statement of daily work.
    transaction.exec("SET LOCAL statement_timeout = 0");
    transaction.exec_params("SELECT pg_advisory_xact_lock(hashtextextended('twinfleet migrations of ' || $1, 0))",
                            schema);
    transaction.exec("CREATE SCHEMA IF NOT EXISTS " + transaction.quote_name(schema));
    transaction.exec("CREATE TABLE IF NOT EXISTS " + table +
                     " (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
                     " applied_at timestamptz NOT NULL DEFAULT now())");
    Records records;
    for (const auto& row : transaction.exec("SELECT number, checksum FROM " + table)) {
        records.emplace(row[0].as<int>(), row[1].as<std::string>());
    }
    return records;
}

void check(pqxx::work& transaction, const Records& records, const std::vector<Migration>& migrations) {
    for (const auto& [number, checksum] : records) {
        const auto known = std::ranges::find(migrations, number, &Migration::number);
        if (known == migrations.end()) {
            refuse("migration " + std::to_string(number) +
                   " was run by another version of this program, which is not known here");
        }
        const auto expected = transaction.exec_params1("SELECT md5($1)", std::string(known->sql))[0].as<std::string>();
        if (checksum != expected) {
            refuse(describe(*known) + " has changed since it was run");
        }
    }
    const auto last_number = records.empty() ? 0 : records.rbegin()->first;
    for (const auto& migration : migrations) {
        if (!records.empty() && migration.number < last_number && !records.contains(migration.number)) {
            refuse(describe(migration) + " was added below one that was run: give it a number above " +
                   std::to_string(last_number));
        }
    }
}

}  // namespace

std::string schema_problem(SchemaState state, std::string_view program) {
    switch (state) {
        case SchemaState::behind:
            return "the schema is missing or older than this program: run " + std::string(program) + " migrate";
        case SchemaState::ahead:
            return "the database is newer than this program";
        case SchemaState::current:
            break;
    }
    return {};
}

std::size_t migrate(Pool& pool, const std::string& schema, const std::vector<Migration>& migrations) {
    const auto steps = in_order(migrations);
    // Each turn takes the lock afresh and runs at most one step, so that several processes share the work or wait.
    const auto run_next = [&](pqxx::work& transaction) {
        const auto table = transaction.quote_name(schema) + ".schema_migrations";
        const auto records = lock_and_read(transaction, schema, table);
        check(transaction, records, steps);
        const auto next = std::ranges::find_if(
            steps, [&](const Migration& migration) { return !records.contains(migration.number); });
        if (next == steps.end()) {
            return false;
        }
        try {
            transaction.exec(std::string(next->sql));
        } catch (...) {
            rethrow_as_store_error(describe(*next));
        }
        transaction.exec_params("INSERT INTO " + table + " (number, name, checksum) VALUES ($1, $2, md5($3))",
                                next->number, next->name, std::string(next->sql));
        return true;
    };
    std::size_t steps_run = 0;
    while (pool.transact(run_next)) {
        ++steps_run;
    }
    return steps_run;
}

}  // namespace twinfleet::postgres

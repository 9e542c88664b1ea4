#include "platform/postgres/schema.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

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
    return "migration " + std::to_string(migration.number) + " (" + std::string(migration.name) + ")";
}

std::vector<Migration> in_order(std::span<const Migration> migrations) {
    std::vector<Migration> ordered(migrations.begin(), migrations.end());
    std::ranges::sort(ordered, {}, &Migration::number);
    const auto twice = std::ranges::adjacent_find(ordered, {}, &Migration::number);
    if (twice != ordered.end()) {
        throw std::invalid_argument("two migrations have the number " + std::to_string(twice->number));
    }
    return ordered;
}

/// Where the steps that were run are recorded.
std::string table_of(const Transaction& transaction, std::string_view schema) {
    return transaction.quoted_name(schema) + ".schema_migrations";
}

/// Checksum by number.
using Records = std::map<int, std::string>;

/// Waits for whoever migrates this schema now; the lock ends with the transaction.
Records lock_and_read(Transaction& transaction, std::string_view schema, const std::string& table) {
    // The wait, and a step over many rows, may take longer than a statement of daily work.
    transaction.execute("SET LOCAL statement_timeout = 0");
    transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended('twinfleet migrations of ' || $1, 0))", schema);
    transaction.execute("CREATE SCHEMA IF NOT EXISTS " + transaction.quoted_name(schema));
    transaction.execute("CREATE TABLE IF NOT EXISTS " + table +
                        " (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
                        " applied_at timestamptz NOT NULL DEFAULT now())");
    Records records;
    for (Row row : transaction.execute("SELECT number, checksum FROM " + table)) {
        const int number = row.number<int>();
        records.emplace(number, row.text());
    }
    return records;
}

void check(Transaction& transaction, const Records& records, const std::vector<Migration>& migrations) {
    for (const auto& [number, checksum] : records) {
        const auto known = std::ranges::find(migrations, number, &Migration::number);
        if (known == migrations.end()) {
            refuse("migration " + std::to_string(number) +
                   " was run by another version of this program, which is not known here");
        }
        const auto expected = transaction.execute("SELECT md5($1)", known->sql).only_value<std::string>();
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

std::size_t migrate(Pool& pool, std::string_view schema, std::span<const Migration> migrations) {
    const auto steps = in_order(migrations);
    // Each turn takes the lock afresh and runs at most one step, so that several processes share the work or wait.
    const auto run_next = [&](Transaction& transaction) {
        const auto table = table_of(transaction, schema);
        const auto records = lock_and_read(transaction, schema, table);
        check(transaction, records, steps);
        const auto next = std::ranges::find_if(
            steps, [&](const Migration& migration) { return !records.contains(migration.number); });
        if (next == steps.end()) {
            return false;
        }
        transaction.execute_in_context(std::string(next->sql), describe(*next));
        transaction.execute("INSERT INTO " + table + " (number, name, checksum) VALUES ($1, $2, md5($3))", next->number,
                            next->name, next->sql);
        return true;
    };
    std::size_t steps_run = 0;
    while (pool.transact(run_next)) {
        ++steps_run;
    }
    return steps_run;
}

SchemaState schema_state(Pool& pool, std::string_view schema, std::span<const Migration> migrations) {
    const int newest_known = std::ranges::max_element(migrations, {}, &Migration::number)->number;
    const int newest_run = pool.transact([&](Transaction& transaction) {
        const auto table = table_of(transaction, schema);
        if (!transaction.execute("SELECT to_regclass($1) IS NOT NULL", table).only_value<bool>()) {
            return 0;
        }
        return transaction.execute("SELECT coalesce(max(number), 0) FROM " + table).only_value<int>();
    });
    if (newest_run == newest_known) {
        return SchemaState::current;
    }
    return newest_run < newest_known ? SchemaState::behind : SchemaState::ahead;
}

}  // namespace twinfleet::postgres

#include "platform/postgres/transaction.hpp"

#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/result>
#include <pqxx/strconv>
#include <pqxx/tablewriter>
#include <pqxx/transaction_base>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/errors.hpp"
#include "platform/postgres/native_statements.hpp"

namespace twinfleet::postgres {
namespace {

/// A parameter that libpqxx may keep: a batch is hundreds of kilobytes, which would otherwise be copied.
struct GivenParameter {
    Parameter* parameter;
};
/// A parameter that is needed again.
struct LentParameter {
    const Parameter* parameter;
};

}  // namespace
}  // namespace twinfleet::postgres

namespace pqxx {

template <>
struct string_traits<twinfleet::postgres::GivenParameter> {
    static bool is_null(const twinfleet::postgres::GivenParameter& given) { return given.parameter->is_null(); }
    static std::string to_string(const twinfleet::postgres::GivenParameter& given) {
        return std::move(*given.parameter).text();
    }
};

template <>
struct string_traits<twinfleet::postgres::LentParameter> {
    static bool is_null(const twinfleet::postgres::LentParameter& lent) { return lent.parameter->is_null(); }
    static std::string to_string(const twinfleet::postgres::LentParameter& lent) { return lent.parameter->text(); }
};

}  // namespace pqxx

namespace twinfleet::postgres {
namespace {

/// Runs a statement; what libpqxx throws becomes an error of the store.
template <typename Statement>
Result run_statement(pqxx::transaction_base& native, std::string_view context, const Statement& statement) {
    try {
        return result_of(statement());
    } catch (const pqxx::pqxx_exception&) {
        if (!native.conn().is_open()) {
            throw platform::StoreUnavailable(store_name, "the connection broke");
        }
        rethrow_as_store_error(context);
    }
}

template <typename Passed, typename Item>
std::vector<Passed> passed(std::span<Item> parameters) {
    std::vector<Passed> all;
    all.reserve(parameters.size());
    for (Item& parameter : parameters) {
        all.push_back({&parameter});
    }
    return all;
}

}  // namespace

Result result_of(const pqxx::result& native) {
    const std::size_t rows = native.size();
    const std::size_t columns = native.columns();
    std::vector<std::string_view> cells;
    cells.reserve(rows * columns);
    // Counted, as every end() of libpqxx is an object that holds the result.
    auto row = native.begin();
    for (std::size_t i = 0; i < rows; ++i, ++row) {
        auto column = row.begin();
        for (std::size_t k = 0; k < columns; ++k, ++column) {
            const std::size_t size = column.size();
            cells.emplace_back(size == 0 && column.is_null() ? nullptr : column.c_str(), size);
        }
    }
    auto memory = cells.empty() ? nullptr : std::make_shared<const pqxx::result>(native);
    return {std::move(cells), rows, native.affected_rows(), std::move(memory)};
}

Result execute_prepared(pqxx::transaction_base& native, const std::string& name,
                        std::span<const Parameter> parameters) {
    const auto lent = passed<LentParameter>(parameters);
    return result_of(native.exec_prepared(name, pqxx::prepare::make_dynamic_params(lent)));
}

Result Transaction::execute(const std::string& sql) {
    return execute_in_context(sql, {});
}

Result Transaction::execute_in_context(const std::string& sql, std::string_view context) {
    return run_statement(native_, context, [&] { return native_.exec(sql); });
}

Result Transaction::execute_with(const std::string& sql, std::span<Parameter> parameters) {
    const auto given = passed<GivenParameter>(parameters);
    return run_statement(native_, {},
                         [&] { return native_.exec_params(sql, pqxx::prepare::make_dynamic_params(given)); });
}

void Transaction::copy(const std::string& target, const CopyRows& rows) {
    std::string_view text = rows.text();
    if (text.empty()) {
        return;
    }
    // libpqxx ends what it is given with a newline of its own.
    text.remove_suffix(1);
    static_cast<void>(run_statement(native_, {}, [&] {
    // Deprecated in favour of pqxx::stream_to, which makes and escapes a string of each column anew.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        pqxx::tablewriter writer(native_, target);
#pragma GCC diagnostic pop
        writer.write_raw_line(std::string(text));
        writer.complete();
        return pqxx::result();
    }));
}

std::string Transaction::quoted(std::string_view text) const {
    return native_.quote(Parameter(text).text());
}

std::string Transaction::quoted_name(std::string_view name) const {
    return native_.quote_name(Parameter(name).text());
}

}  // namespace twinfleet::postgres

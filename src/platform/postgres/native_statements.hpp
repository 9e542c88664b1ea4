#pragma once

#include <span>
#include <string>

#include "platform/postgres/parameters.hpp"
#include "platform/postgres/result.hpp"

namespace pqxx {
class result;
class transaction_base;
}  // namespace pqxx

/// Statements that are sent through libpqxx itself. For the files of this folder alone. Throws what libpqxx throws.
namespace twinfleet::postgres {

/// The result of libpqxx as a Result.
[[nodiscard]] Result result_of(const pqxx::result& native);

/// Runs the statement that was prepared under this name.
[[nodiscard]] Result execute_prepared(pqxx::transaction_base& native, const std::string& name,
                                      std::span<const Parameter> parameters);

}  // namespace twinfleet::postgres

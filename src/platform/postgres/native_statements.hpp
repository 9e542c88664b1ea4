#pragma once

#include <span>
#include <string>

#include "platform/postgres/parameters.hpp"
#include "platform/postgres/result.hpp"

namespace pqxx {
class result;
class transaction_base;
}  // namespace pqxx

/// Statements in the terms of libpqxx; for this folder alone. Throws what libpqxx throws.
namespace twinfleet::postgres {

[[nodiscard]] Result result_of(const pqxx::result& native);

/// A statement that was prepared under this name.
[[nodiscard]] Result execute_prepared(pqxx::transaction_base& native, const std::string& name,
                                      std::span<const Parameter> parameters);

}  // namespace twinfleet::postgres

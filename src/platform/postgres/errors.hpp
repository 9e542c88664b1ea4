#pragma once

#include <string>
#include <string_view>

#include "platform/errors/store_error.hpp"

namespace twinfleet::postgres {

constexpr const char* store_name = "PostgreSQL";

/// A statement would have broken a unique constraint or index (SQLSTATE 23505).
class UniqueViolation : public platform::StoreRefused {
public:
    explicit UniqueViolation(const std::string& reason) : StoreRefused(store_name, 0, reason) {}
};

/// A statement would have left a reference to a row that is not there (SQLSTATE 23503).
class ForeignKeyViolation : public platform::StoreRefused {
public:
    explicit ForeignKeyViolation(const std::string& reason) : StoreRefused(store_name, 0, reason) {}
};

/// To be called while an exception is being handled. Turns what libpqxx throws for the server's sake into
/// platform::StoreUnavailable or platform::StoreRefused (the two classes above are such); anything else goes on as it
/// is. `context`, if there is any, opens the message.
[[noreturn]] void rethrow_as_store_error(std::string_view context = {});

/// The first line of an error message of libpq, without the values that the server quotes for errors of class 22 (the
/// values are parameters); postgresql.org/docs/15/errcodes-appendix.html.
[[nodiscard]] std::string without_data(std::string_view message, std::string_view sqlstate);

}  // namespace twinfleet::postgres

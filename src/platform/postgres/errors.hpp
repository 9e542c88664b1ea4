#pragma once

#include <string>
#include <string_view>

#include "platform/errors/store_error.hpp"

namespace twinfleet::postgres {

constexpr const char* store_name = "PostgreSQL";

/// Thrown when the server tells that it cannot be worked with for now: it ends, starts, or takes no writes, because it
/// is a standby or was demoted. Another server may have become the primary, so that connections to this one are not
/// used again.
class ServerUnfit : public platform::StoreUnavailable {
public:
    explicit ServerUnfit(const std::string& reason) : StoreUnavailable(store_name, reason) {}
};

/// Thrown when a statement would have broken a unique constraint or index (SQLSTATE 23505).
class UniqueViolation : public platform::StoreRefused {
public:
    explicit UniqueViolation(const std::string& reason) : StoreRefused(store_name, 0, reason) {}
};

/// Thrown when a statement would have left a reference to a row that does not exist (SQLSTATE 23503).
class ForeignKeyViolation : public platform::StoreRefused {
public:
    explicit ForeignKeyViolation(const std::string& reason) : StoreRefused(store_name, 0, reason) {}
};

/// Has to be called while an exception is being handled. Exceptions by which libpqxx reports errors of the server or
/// the connection become platform::StoreUnavailable or platform::StoreRefused (or one of the classes above, which
/// derive from these); other exceptions are thrown on unchanged. A non-empty `context` stands at the beginning of the
/// message.
[[noreturn]] void rethrow_as_store_error(std::string_view context = {});

/// The first line of an error message of libpq, without the values that the server quotes for errors of class 22, since
/// these are parameters (postgresql.org/docs/15/errcodes-appendix.html).
[[nodiscard]] std::string without_data(std::string_view message, std::string_view sqlstate);

}  // namespace twinfleet::postgres

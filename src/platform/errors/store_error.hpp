#pragma once

#include <stdexcept>
#include <string>

namespace twinfleet::platform {

/// A store or service (MongoDB, PostgreSQL, ...) does not answer: it cannot be reached, took too long, or broke off
/// half-way. Whether the work was done is unknown, so only idempotent work may be tried again. The message is for the
/// person on call and holds neither credentials nor data.
class StoreUnavailable : public std::runtime_error {
public:
    StoreUnavailable(std::string store, const std::string& reason)
        : std::runtime_error(store + " cannot be reached: " + reason), store_(std::move(store)) {}

    /// The name of the store: "MongoDB", "PostgreSQL", ...
    [[nodiscard]] const std::string& store() const noexcept { return store_; }

private:
    std::string store_;
};

/// The connection to a store broke off while the answer to a request was awaited, before the time allowed for the
/// answer was over. The request itself may be what the store broke off at.
class ConnectionBroken : public StoreUnavailable {
public:
    using StoreUnavailable::StoreUnavailable;
};

/// A store answered that it will not do this. Trying the same again does not help.
class StoreRefused : public std::runtime_error {
public:
    StoreRefused(std::string store, int code, const std::string& reason)
        : std::runtime_error(store + " refused: " + reason + " (code " + std::to_string(code) + ")"),
          store_(std::move(store)),
          code_(code) {}

    [[nodiscard]] const std::string& store() const noexcept { return store_; }
    /// The store's own code: a MongoDB error code; 0 where there is none.
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    std::string store_;
    int code_;
};

}  // namespace twinfleet::platform

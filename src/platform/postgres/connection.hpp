#pragma once

#include <memory>
#include <string>

namespace pqxx {
class connection_base;
}

/// For the files of this folder alone.
namespace twinfleet::postgres {

struct Settings;

/// The connection string of the settings in keyword form, completed by what the settings say and it does not. Throws
/// std::invalid_argument when it cannot be parsed; the message does not repeat it.
[[nodiscard]] std::string complete_dsn(const Settings& settings);

/// Whether the server has to be the primary. It has to unless the connection string says by `target_session_attrs` that
/// another one will do (`any`, `standby`, `prefer-standby`, `read-only`). Throws as complete_dsn() does.
[[nodiscard]] bool needs_primary(const Settings& settings);

/// An open connection, in a session of its own.
class Connection {
public:
    /// Connects. Throws as libpqxx does.
    explicit Connection(const std::string& dsn);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] pqxx::connection_base& get() noexcept;
    [[nodiscard]] bool is_open() const noexcept;
    /// What the server has said of itself so far: that it is no standby, and that this session may write. A server says
    /// so together with an answer, since PostgreSQL 14 (postgresql.org/docs/15/protocol-flow.html#PROTOCOL-ASYNC), so
    /// this costs no round trip.
    [[nodiscard]] bool is_of_primary() const noexcept;
    [[nodiscard]] bool may_write() const noexcept;

private:
    class Native;
    const std::unique_ptr<Native> native_;
};

}  // namespace twinfleet::postgres

#pragma once

#include <string>

#include <pqxx/pqxx>

namespace twinfleet::postgres {

struct Settings;

/// The connection string of the settings in keyword form, completed by what the settings say and it does not. Throws
/// std::invalid_argument when it cannot be parsed; the message does not repeat it.
[[nodiscard]] std::string complete_dsn(const Settings& settings);

/// Whether the server has to take writes. It has to unless the connection string says by `target_session_attrs` that
/// another one will do (`any`, `standby`, `prefer-standby`, `read-only`). Throws as complete_dsn() does.
[[nodiscard]] bool needs_writes(const Settings& settings);

/// How a session is begun, and what the server has told of the session since. For the files of this folder alone.
class SessionPolicy : public pqxx::connect_direct {
public:
    using connect_direct::connect_direct;

    handle do_startconnect(handle orig) override { return native_ = connect_direct::do_startconnect(orig); }
    handle do_disconnect(handle orig) noexcept override {
        native_ = nullptr;
        return connect_direct::do_disconnect(orig);
    }

    /// Whether the server has said that this session only reads: because the server is a standby, or because it was
    /// told to take no writes. A server says so by itself, together with an answer, since PostgreSQL 14
    /// (postgresql.org/docs/15/protocol-flow.html#PROTOCOL-ASYNC), so this costs no round trip.
    [[nodiscard]] bool was_told_to_only_read() const noexcept;

private:
    handle native_ = nullptr;
};

/// An open connection, in a session of its own.
class Connection {
public:
    /// Connects. Throws as libpqxx does.
    explicit Connection(const std::string& dsn);

    [[nodiscard]] pqxx::connection_base& get() noexcept { return connection_; }
    [[nodiscard]] bool is_open() const noexcept { return connection_.is_open(); }
    /// Whether the server, as far as it has told, takes writes in this session.
    [[nodiscard]] bool may_write() const noexcept { return !connection_.was_told_to_only_read(); }

private:
    class Native : public pqxx::connection_base {
    public:
        explicit Native(const std::string& dsn) : connection_base(policy_), policy_(dsn) { init(); }
        ~Native() noexcept { close(); }
        Native(const Native&) = delete;
        Native& operator=(const Native&) = delete;

        [[nodiscard]] bool was_told_to_only_read() const noexcept { return policy_.was_told_to_only_read(); }

    private:
        SessionPolicy policy_;
    };

    Native connection_;
    /// Notices would go to stderr.
    pqxx::quiet_errorhandler quiet_;
};

}  // namespace twinfleet::postgres

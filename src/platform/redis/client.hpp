#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Redis through hiredis (redis.io/docs/latest/develop/reference/protocol-spec, RESP2). C handles are owned by
/// unique_ptr and do not leave this folder.
///
/// Every call throws platform::StoreUnavailable when the server cannot be reached, takes too long, drops the
/// connection, or cannot serve just now (LOADING, MASTERDOWN, READONLY, BUSY, TRYAGAIN, CLUSTERDOWN, NOREPLICAS,
/// MISCONF, OOM, too many clients), and platform::StoreRefused when it answers with another error. Messages hold
/// neither credentials nor arguments. An idle connection that the server has closed is replaced before anything is
/// sent. Apart from that, nothing is tried again: only the caller knows whether his work is idempotent.
namespace twinfleet::redis {

struct Settings {
    /// `redis://[user[:password]@]host[:port][/database]` or `unix:///path`.
    std::string uri = "redis://127.0.0.1:6379/0";
    std::size_t connections_max = 32;
    /// To connect, AUTH and SELECT. Looking up the name of the host is not included.
    std::chrono::milliseconds connect_timeout{500};
    /// For one pipeline, from the first byte sent to the last byte read.
    std::chrono::milliseconds command_timeout{1'000};
    /// How long a call waits for a connection while all are in use; then it throws StoreUnavailable.
    std::chrono::milliseconds connection_wait_timeout{1'000};
};

/// Settings for a pool that only asks whether the server answers: one connection, and no wait of it is longer than
/// `limit`.
[[nodiscard]] inline Settings probe_settings(Settings settings, std::chrono::milliseconds limit) {
    settings.connections_max = 1;
    settings.connect_timeout = limit;
    settings.command_timeout = limit;
    settings.connection_wait_timeout = limit;
    return settings;
}

/// A Lua script that the server keeps and that is called by its digest (EVALSHA). When the server does not know the
/// script, it is loaded and its commands are sent again. They then run after the other commands of their pipeline,
/// within the same time-out.
class Script {
public:
    explicit Script(std::string source);
    [[nodiscard]] const std::string& source() const noexcept { return source_; }
    /// 40 lower-case hex digits.
    [[nodiscard]] const std::string& sha1() const noexcept { return sha1_; }

private:
    std::string source_;
    std::string sha1_;
};

/// One command. Its parts may hold any bytes.
class Command {
public:
    Command(std::initializer_list<std::string_view> parts);
    /// Calls a script. `script` must outlive the command.
    Command(const Script& script, std::span<const std::string> keys, std::span<const std::string> arguments);

    Command& add(std::string_view part);
    Command& add(std::int64_t number);
    [[nodiscard]] const std::vector<std::string>& parts() const noexcept { return parts_; }
    /// nullptr when the command calls no script.
    [[nodiscard]] const Script* script() const noexcept { return script_; }

private:
    std::vector<std::string> parts_;
    const Script* script_ = nullptr;
};

/// What the server answered to one command.
class Reply {
public:
    enum class Kind : std::uint8_t { nil, integer, text, array };

    Reply() = default;
    explicit Reply(std::int64_t integer) : kind_(Kind::integer), integer_(integer) {}
    explicit Reply(std::string text) : kind_(Kind::text), text_(std::move(text)) {}
    explicit Reply(std::vector<Reply> items) : kind_(Kind::array), items_(std::move(items)) {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_nil() const noexcept { return kind_ == Kind::nil; }
    /// This and the functions below throw platform::StoreRefused for a reply of another kind: the server is not what it
    /// should be then.
    [[nodiscard]] std::int64_t integer() const;
    /// The text of a string or a status.
    [[nodiscard]] const std::string& text() const&;
    /// From a reply that goes away: a copy, so that nothing refers into it.
    [[nodiscard]] std::string text() &&;
    /// The text; nullopt for a nil reply.
    [[nodiscard]] std::optional<std::string> optional_text() const;
    [[nodiscard]] const std::vector<Reply>& items() const&;
    [[nodiscard]] std::vector<Reply> items() &&;

private:
    Kind kind_ = Kind::nil;
    std::int64_t integer_ = 0;
    std::string text_;
    std::vector<Reply> items_;
};

/// The connections of the process to one server. Safe to use from any thread. A connection that broke is thrown away.
class Pool {
public:
    /// Throws std::invalid_argument when the URI cannot be read (the message does not repeat it). Does not connect.
    explicit Pool(const Settings& settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] Reply call(const Command& command) const;
    /// Sends all commands in one write and reads all replies in one round trip. Not a transaction. When several
    /// commands fail, the error of the first is thrown, after all replies were read.
    [[nodiscard]] std::vector<Reply> pipeline(std::span<const Command> commands) const;

    /// Throws unless the server answers.
    void ping() const;
    /// How many connections are open, how many of these are in use, and how many there may be.
    struct Usage {
        std::size_t open;
        std::size_t in_use;
        std::size_t max;
    };
    [[nodiscard]] Usage usage() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::redis

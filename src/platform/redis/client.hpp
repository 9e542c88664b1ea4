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
/// Every call throws platform::StoreUnavailable when the server cannot be reached, timed out, dropped the connection,
/// or cannot serve just now (LOADING, MASTERDOWN, READONLY, BUSY, TRYAGAIN, CLUSTERDOWN, NOREPLICAS, MISCONF, OOM, too
/// many clients), and platform::StoreRefused when it answered with another error. Messages hold neither credentials nor
/// arguments. A connection that an idle server had closed before anything was sent is replaced once; nothing else is
/// retried: who knows that the work is idempotent does.
namespace twinfleet::redis {

struct Settings {
    /// `redis://[user[:password]@]host[:port][/database]` or `unix:///path`.
    std::string uri = "redis://127.0.0.1:6379/0";
    std::size_t connections_max = 32;
    /// To the end of AUTH and SELECT, but for looking up the name of the host.
    std::chrono::milliseconds connect_timeout{500};
    /// From the first byte sent to the last byte read, of one pipeline.
    std::chrono::milliseconds command_timeout{1'000};
    /// How long a call waits for a connection while all are in use; then it throws StoreUnavailable.
    std::chrono::milliseconds connection_wait_timeout{1'000};
};

/// For a connection that only looks whether the server answers: whatever takes longer than `limit` comes to its end.
[[nodiscard]] inline Settings probe_settings(Settings settings, std::chrono::milliseconds limit) {
    settings.connections_max = 1;
    settings.connect_timeout = limit;
    settings.command_timeout = limit;
    settings.connection_wait_timeout = limit;
    return settings;
}

/// A Lua script that the server keeps (EVALSHA). One that the server does not know is loaded, and its commands are sent
/// again: behind the other commands of their pipeline, within the same time-out.
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

/// One command; parts may hold any bytes.
class Command {
public:
    Command(std::initializer_list<std::string_view> parts);
    /// EVALSHA. `script` must outlive the command.
    Command(const Script& script, std::span<const std::string> keys, std::span<const std::string> arguments);

    Command& add(std::string_view part);
    Command& add(std::int64_t number);
    [[nodiscard]] const std::vector<std::string>& parts() const noexcept { return parts_; }
    /// nullptr: no script.
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
    /// These throw platform::StoreRefused for a reply of another kind: the server is not what it should be.
    [[nodiscard]] std::int64_t integer() const;
    /// Of a string or a status.
    [[nodiscard]] const std::string& text() const&;
    /// Of a reply that goes away: a value, so that nothing refers into it.
    [[nodiscard]] std::string text() &&;
    [[nodiscard]] std::optional<std::string> optional_text() const;
    [[nodiscard]] const std::vector<Reply>& items() const&;
    [[nodiscard]] std::vector<Reply> items() &&;

private:
    Kind kind_ = Kind::nil;
    std::int64_t integer_ = 0;
    std::string text_;
    std::vector<Reply> items_;
};

/// Connections of the process; safe to use from any thread. A connection that broke is thrown away.
class Pool {
public:
    /// Throws std::invalid_argument when the URI cannot be read (the message does not repeat it). Does not connect.
    explicit Pool(const Settings& settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] Reply call(const Command& command) const;
    /// All commands in one write, all replies in one read: a single round trip. Not a transaction; the first error
    /// among the replies is thrown once all were read.
    [[nodiscard]] std::vector<Reply> pipeline(std::span<const Command> commands) const;

    void ping() const;
    /// Connections open now; of these in use; how many there may be.
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

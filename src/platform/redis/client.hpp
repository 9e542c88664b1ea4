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

#include "platform/concurrency/item_pool.hpp"
#include "platform/errors/outcome.hpp"
#include "platform/tls/settings.hpp"

/// Redis through hiredis (redis.io/docs/latest/develop/reference/protocol-spec, RESP2): one server, a Redis Cluster, or
/// a master that sentinels watch. C handles are owned by unique_ptr and do not leave this folder. Only masters are
/// asked.
///
/// Every call throws platform::StoreUnavailable when the server cannot be reached, takes too long, drops the
/// connection, or cannot serve just now (LOADING, MASTERDOWN, READONLY, BUSY, TRYAGAIN, CLUSTERDOWN, NOREPLICAS,
/// MISCONF, OOM, too many clients), and platform::StoreRefused when it answers with another error. Messages hold
/// neither credentials nor arguments. An idle connection that the server has closed is replaced before anything is
/// sent, and what a node of a cluster refuses because another one has the slot goes on to that one. Apart from that,
/// nothing is tried again: only the caller knows whether his work is idempotent.
///
/// While a master is lost, calls throw StoreUnavailable until a replica has taken its place and the cluster, or the
/// sentinels, say so; the first call after that finds it.
namespace twinfleet::redis {

class Deployment;

struct Settings {
    /// What uri.hpp describes: `redis://...`, `redis-cluster://...`, `redis-sentinel://...`, each with TLS as
    /// `rediss...`, or `unix:///path`.
    std::string uri = "redis://127.0.0.1:6379/0";
    /// Who the servers of a `rediss` URI are checked against, and what is shown to them.
    twinfleet::tls::Settings tls = {};
    /// Shown to the sentinels, which have no other password than this; empty: none is.
    std::string sentinel_password;
    /// To one server; of a cluster, to each node.
    std::size_t connections_max = 32;
    /// To connect, AUTH and SELECT, and to ask sentinels for the master. Looking up the name of a host is not included.
    std::chrono::milliseconds connect_timeout{500};
    /// For one pipeline, from the first byte sent to the last byte read. A pipeline that a cluster sends on from node
    /// to node, or part of which has to wait for a connection to be opened, takes no longer than twice this and
    /// connect_timeout together.
    std::chrono::milliseconds command_timeout{1'000};
    /// How long a call waits for a connection while all are in use; then it throws StoreUnavailable.
    std::chrono::milliseconds connection_wait_timeout{1'000};
    /// For how many replicas call_replicated() waits in a cluster, and behind sentinels; 0: for none. And how long.
    std::size_t replica_wait_count = 1;
    std::chrono::milliseconds replica_wait_timeout{100};
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

/// Whether the password in the URI, or that of the sentinels, may travel without TLS to another machine. Throws
/// std::invalid_argument as Pool does.
[[nodiscard]] bool may_send_password_in_plain(const Settings& settings);

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
    /// The same, of texts that were made for it.
    [[nodiscard]] static Command calling(const Script& script, std::vector<std::string> keys,
                                         std::vector<std::string> arguments);

    Command& add(std::string_view part);
    Command& add(std::int64_t number);
    [[nodiscard]] const std::vector<std::string>& parts() const noexcept { return parts_; }
    /// nullptr when the command calls no script.
    [[nodiscard]] const Script* script() const noexcept { return script_; }

private:
    explicit Command(const Script& script) : script_(&script) {}

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

/// What call_replicated() returns.
struct ReplicatedReply {
    Reply reply;
    /// False: Redis has done the work, but not as many replicas as were waited for had it in time, so that it is lost
    /// if the master is lost just now.
    bool is_replicated = true;
};

/// The connections of the process to the servers of one URI. Safe to use from any thread. A connection that broke is
/// thrown away.
///
/// In a cluster every command has a key, all keys of one command are in one slot (they share a hash tag, as in
/// `a:{tag}` and `b:{tag}`), and those of one pipeline may be anywhere. Commands of which this does not hold throw
/// std::logic_error there.
class Pool {
public:
    /// Throws std::invalid_argument when the URI cannot be read (the message does not repeat it), or a file of `tls`
    /// cannot be used that it needs. Does not connect.
    explicit Pool(const Settings& settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] Reply call(const Command& command) const;
    /// Sends all commands in one write and reads all replies in one round trip; in a cluster, in one for all nodes,
    /// side by side. Not a transaction: commands of one slot run in their order, others in any. When several commands
    /// fail, the error of the first is thrown, after all replies were read.
    [[nodiscard]] std::vector<Reply> pipeline(std::span<const Command> commands) const;
    /// As pipeline(), for commands that have nothing to do with each other, as those of many requests: of each its
    /// reply, or what call() would have thrown for it alone. In a cluster a node that fails takes away only the answers
    /// to what it was asked. All are there when the slowest node has answered, or its time has passed. Throws
    /// std::logic_error alone.
    [[nodiscard]] std::vector<platform::Outcome<Reply>> pipeline_each(std::span<const Command> commands) const;
    /// As call(), and waits until replicas have what the command wrote (Settings::replica_wait_count; the command
    /// WAIT): a replica that takes the place of a lost master has it then. With a single server nobody is waited for.
    [[nodiscard]] ReplicatedReply call_replicated(const Command& command) const;

    /// Throws unless the server answers; of a cluster, unless a master answers.
    void ping() const;
    /// Whether the keys are spread over several masters, any of which may be lost or hang while the others serve.
    [[nodiscard]] bool is_cluster() const noexcept { return is_cluster_; }
    /// How many connections are open, how many of these are in use, and how many there may be; of a cluster, to all
    /// masters together.
    using Usage = platform::ItemPoolUsage;
    [[nodiscard]] Usage usage() const;

private:
    std::unique_ptr<Deployment> deployment_;
    std::size_t replica_wait_count_;
    bool is_cluster_;
};

}  // namespace twinfleet::redis

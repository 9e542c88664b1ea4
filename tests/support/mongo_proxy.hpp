#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bson/builder.hpp"

namespace twinfleet::testing {

/// Listens on a free port of 127.0.0.1 and speaks MongoDB's wire protocol
/// (mongodb.com/docs/manual/reference/mongodb-wire-protocol: OP_MSG, and OP_QUERY for the first command of a
/// connection), for a server behind it or in place of one. A script says what becomes of each command, so that a test
/// can have a server do what a healthy one never does. Commands are understood without compression and without TLS.
class MongoProxy {
public:
    struct Command {
        /// "insert", "find", "hello" (also for `isMaster`, its old name).
        std::string_view name;
        /// The command without its sequences of documents, which inserts, updates and removals have beside it.
        bson::View body;
    };
    struct Verdict {
        /// The answer, instead of the server's. The server does not hear of the command then.
        std::optional<bson::Document> answer = {};
        /// Fields for the answer, in place of those of the same name.
        bson::Document with = {};
        /// The server does what it was asked to do, and its answer never arrives.
        bool is_never_answered = false;
        /// The connection is closed instead of an answer. The server does not hear of the command.
        bool is_cut_off = false;
    };
    /// Called on threads of the proxy, for one command at a time.
    using Script = std::function<Verdict(const Command&)>;

    /// Hands on what the script does not answer to the port of 127.0.0.1. Without a port, {ok: 1} is the answer, and a
    /// `hello` is answered as a standalone server of MongoDB 4.0 does.
    explicit MongoProxy(std::optional<std::uint16_t> server_port = std::nullopt);
    MongoProxy(const MongoProxy&) = delete;
    MongoProxy& operator=(const MongoProxy&) = delete;
    ~MongoProxy();

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// "mongodb://127.0.0.1:PORT/?OPTIONS".
    [[nodiscard]] std::string uri(std::string_view options = "") const;

    /// Counts for commands that come from now on. Without a script, all are handed on.
    void follow(Script script);
    /// The commands of this name that have come, the first one first.
    [[nodiscard]] std::vector<bson::Document> commands(std::string_view name) const;
    /// The last one of them. Throws std::out_of_range when none has come.
    [[nodiscard]] bson::Document last_command(std::string_view name) const;

    /// What a member of the replica set `rs0` says of itself in its answer to `hello`, for Verdict::with. The set is
    /// this proxy alone, unless there is `another` member at that port.
    [[nodiscard]] bson::Document primary_of_a_set(std::optional<std::uint16_t> another = std::nullopt) const;
    [[nodiscard]] bson::Document secondary_of_a_set(std::uint16_t primary_port) const;
    /// What a router of a sharded cluster says of itself.
    [[nodiscard]] static bson::Document router();

private:
    class Implementation;
    const std::unique_ptr<Implementation> implementation_;
};

/// The field with which a server says that it has written, but that not as many members of the set have it as the write
/// concern asks for (mongodb.com/docs/manual/reference/write-concern).
[[nodiscard]] bson::Document write_concern_error();

}  // namespace twinfleet::testing

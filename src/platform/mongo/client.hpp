#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"
#include "platform/mongo/bulk.hpp"
#include "platform/mongo/cursor.hpp"
#include "platform/mongo/replica.hpp"
#include "platform/mongo/settings.hpp"

/// MongoDB through libmongoc 1.23 (mongoc.org/libmongoc/1.23.1), whose handles do not leave this folder.
///
/// Every call throws platform::StoreUnavailable when the server cannot be reached, timed out or dropped the connection,
/// and platform::StoreRefused when it answered with an error. A write that the server has done, but not acknowledged as
/// widely as the write concern asks, is StoreUnavailable as well: whether it stays is unknown. No call is repeated
/// here, since only the caller knows whether repeating it does harm.
namespace twinfleet::mongo {

/// Whether the password in the URI may travel without TLS to another machine. Throws std::invalid_argument as Pool
/// does.
[[nodiscard]] bool may_send_password_in_plain(const Settings& settings);

/// One collection of a database. Safe to use from any thread; its pool must outlive it.
class Collection {
public:
    // Reads and writes have the concerns that Settings describes.

    /// The documents that the filter finds.
    [[nodiscard]] Cursor find(bson::View filter, const FindOptions& options = {}) const;
    /// The first document that the filter finds; nullopt when there is none.
    [[nodiscard]] std::optional<bson::Document> find_one(bson::View filter, const FindOptions& options = {}) const;
    /// An empty bulk of writes to this collection.
    [[nodiscard]] Bulk bulk() const;
    /// The approximate number of documents, from the metadata of the collection, which is fast.
    [[nodiscard]] std::int64_t estimated_count() const;
    /// Creates an index, described as one of the `indexes` of the command createIndexes: {key, name, unique, ...}. It
    /// is no error when an index with the same keys exists already, whatever its name and options. Throws
    /// platform::StoreUnavailable when the index was made, but not on as many members as the write concern asks for.
    void create_index(bson::View specification) const;
    /// Removes the collection. It is no error when there is none.
    void drop() const;

    [[nodiscard]] const std::string& database() const noexcept { return database_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    friend class Pool;
    Collection(const class Pool& pool, std::string database, std::string name)
        : pool_(&pool), database_(std::move(database)), name_(std::move(name)) {}
    const Pool* pool_;
    std::string database_;
    std::string name_;
};

/// The connections of a process. Safe to use from any thread. A call that finds all connections in use waits for one,
/// for at most Settings::connection_wait_timeout.
class Pool {
public:
    /// Does not connect yet. Throws std::invalid_argument when the URI cannot be parsed, or asks for weaker writes or
    /// reads than the callers rely on: `w=0`, `w=1`, `journal=false`, a `readConcernLevel` other than `majority` and
    /// `linearizable`, or a `readPreference` other than `primary` without Settings::may_read_from_secondaries. The
    /// message does not repeat the URI, since it may hold a password.
    explicit Pool(const Settings& settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] Collection collection(std::string database, std::string name) const;
    /// Runs a command and returns the server's answer. Only for commands that read or that may be repeated.
    [[nodiscard]] bson::Document command(const std::string& database, bson::View command) const;
    /// Throws unless the server answers.
    void ping() const;
    /// Throws unless the server answers and takes writes. A server of a replica set that is named alone in the URI,
    /// without `replicaSet`, is used whatever it is, so that it may be a secondary.
    void ping_primary() const;
    /// The time by the server's clock, from its answer to `hello`, in milliseconds since 1970.
    [[nodiscard]] std::int64_t server_time_ms() const;
    /// The time that `updated_ts` of new writes is not before, as far as the server knows (server_time.hpp), in
    /// milliseconds since 1970. Whoever follows changes must not believe that he has read beyond it.
    [[nodiscard]] std::int64_t change_time_ms() const;
    /// Chooses the server for reads that may go to a secondary, as `readPreference` in the URI says, and finds out how
    /// old its data is. Where that cannot be told, which is so of a sharded cluster, and without `readPreference`, this
    /// is the primary. A read that names the result (FindOptions) has to begin soon. Needs the primary in any case.
    [[nodiscard]] Replica choose_replica() const;
    /// How many clients of libmongoc there are. libmongoc keeps the clients that it has made; each has at most one
    /// connection to each server.
    struct Usage {
        /// How many have been made.
        std::size_t open;
        /// How many of these a call, a Cursor or a Bulk is using.
        std::size_t in_use;
        /// How many there may be.
        std::size_t max;
    };
    [[nodiscard]] Usage usage() const;

    /// For this folder alone: see connection.hpp.
    struct State;
    [[nodiscard]] State& state() const noexcept { return *state_; }

private:
    /// The answer to `hello`, which servers before 4.4 know by its old name only.
    [[nodiscard]] bson::Document hello() const;

    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::mongo

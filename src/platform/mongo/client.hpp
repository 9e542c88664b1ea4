#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

/// MongoDB through libmongoc 1.23 (mongoc.org/libmongoc/1.23.1). C handles are owned by unique_ptr and do not leave
/// this folder.
///
/// Every call throws platform::StoreUnavailable when the server cannot be reached, timed out or dropped the connection,
/// and platform::StoreRefused when it answered with an error. Nothing here retries: who knows that the work is
/// idempotent does.
namespace twinfleet::mongo {

/// What the URI says by itself wins over the settings below it.
struct Settings {
    /// mongodb:// or mongodb+srv:// (mongodb.com/docs/manual/reference/connection-string).
    std::string uri = "mongodb://127.0.0.1:27017";
    std::string application_name = "twinfleet";
    std::uint32_t connections_max = 16;
    std::chrono::milliseconds server_selection_timeout{3'000};
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds socket_timeout{30'000};
    /// How long a call waits for a connection while all are in use; then it throws StoreUnavailable.
    std::chrono::milliseconds connection_wait_timeout{30'000};
};

/// For a connection that only looks whether the server answers: whatever takes longer than `limit` comes to its end.
[[nodiscard]] inline Settings probe_settings(Settings settings, std::chrono::milliseconds limit) {
    settings.connections_max = 1;
    settings.server_selection_timeout = limit;
    settings.connect_timeout = limit;
    settings.socket_timeout = limit;
    settings.connection_wait_timeout = limit;
    return settings;
}

struct FindOptions {
    bson::Document projection;
    bson::Document sort;
    /// 0: no limit.
    std::int64_t limit = 0;
    /// Documents in the first answer. Later answers are sized by what the documents turned out to weigh, so that one
    /// answer stays near `batch_bytes_target`.
    std::uint32_t batch_size = 200;
    std::uint32_t batch_size_max = 1000;
    std::size_t batch_bytes_target = std::size_t{4} << 20;
};

/// Forward-only; holds one connection of the pool until it is destroyed.
class Cursor {
public:
    struct Handle;
    explicit Cursor(std::unique_ptr<Handle> handle) noexcept;
    Cursor(Cursor&&) noexcept;
    Cursor& operator=(Cursor&&) noexcept;
    ~Cursor();

    /// The next document, valid until the next call; nullopt at the end.
    [[nodiscard]] std::optional<bson::View> next();

private:
    std::unique_ptr<Handle> handle_;
};

/// What became of one write of a bulk that the server answered.
struct WriteError {
    /// Position among the writes as they were added.
    std::size_t index;
    /// MongoDB's code; 11000 is a duplicate key.
    int code;
    /// The server's words up to where it starts to quote data.
    std::string message;

    static constexpr int duplicate_key = 11000;
};

struct BulkResult {
    std::uint64_t inserted = 0;
    std::uint64_t matched = 0;
    std::uint64_t modified = 0;
    std::uint64_t removed = 0;
    /// By index.
    std::vector<WriteError> errors;
};

/// Unordered writes that travel together, inserts, updates and removals each in a request of their own. Documents are
/// not validated on the client side: what the mirror copies it copies. Holds one connection of the pool until it is
/// destroyed.
class Bulk {
public:
    struct Handle;
    explicit Bulk(std::unique_ptr<Handle> handle) noexcept;
    Bulk(Bulk&&) noexcept;
    Bulk& operator=(Bulk&&) noexcept;
    ~Bulk();

    void insert(bson::View document);
    /// `update` holds operators ($set, ...).
    void update_one(bson::View filter, bson::View update, bool upsert = false);
    void update_many(bson::View filter, bson::View update);
    void replace_one(bson::View filter, bson::View document);
    void remove_one(bson::View filter);
    [[nodiscard]] std::size_t size() const noexcept;
    /// Sends everything. Refusals of single writes are in the result; a refusal of the command as a whole throws
    /// StoreRefused. A document over the server's size limit refuses the whole: filter by size before. An empty bulk is
    /// done without asking the server. To be called once.
    [[nodiscard]] BulkResult execute();

private:
    std::unique_ptr<Handle> handle_;
};

class Collection {
public:
    [[nodiscard]] Cursor find(bson::View filter, const FindOptions& options = {}) const;
    [[nodiscard]] std::optional<bson::Document> find_one(bson::View filter, const FindOptions& options = {}) const;
    [[nodiscard]] Bulk bulk() const;
    /// From the collection's metadata: fast and approximate.
    [[nodiscard]] std::int64_t estimated_count() const;
    /// {key, name, unique...} as of createIndexes. An index of the same keys that exists already is no error, whatever
    /// its name and options are.
    void create_index(bson::View specification) const;
    /// It is not an error if there is no such collection.
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

/// Connections of the process; safe to use from any thread. A call that finds all connections in use waits for one.
class Pool {
public:
    /// Throws std::invalid_argument when the URI cannot be parsed (the message does not repeat it: it may hold a
    /// password). Does not connect.
    explicit Pool(const Settings& settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] Collection collection(std::string database, std::string name) const;
    /// Runs a command that only reads or that is safe to repeat.
    [[nodiscard]] bson::Document command(const std::string& database, bson::View command) const;
    void ping() const;
    /// The server's clock, from its answer to `hello`, in milliseconds since 1970.
    [[nodiscard]] std::int64_t server_time_ms() const;
    /// libmongoc's clients made so far (it keeps them, each with at most one connection to each server); of these in
    /// use; how many there may be.
    struct Usage {
        std::size_t open;
        std::size_t in_use;
        std::size_t max;
    };
    [[nodiscard]] Usage usage() const;

    struct State;
    [[nodiscard]] State& state() const noexcept { return *state_; }

private:
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::mongo

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "platform/concurrency/guarded.hpp"
#include "platform/mongo/client.hpp"
#include "platform/mongo/concerns.hpp"
#include "platform/mongo/libmongoc.hpp"

/// Clients of libmongoc, each of which has a connection to each server. A client is taken from the pool for a call, a
/// cursor or a bulk, and is given back at the end of that. For the files of this folder alone.
namespace twinfleet::mongo {

/// Counts the clients of a pool, since libmongoc does not tell how many there are. libmongoc makes a client when all
/// others are in use, and keeps it, so there are as many as were ever in use at once.
class ClientCount {
public:
    void taken() {
        usage_.with([](Pool::Usage& usage) { usage.open = std::max(usage.open, ++usage.in_use); });
    }
    void given_back() {
        usage_.with([](Pool::Usage& usage) { --usage.in_use; });
    }
    [[nodiscard]] Pool::Usage now() const {
        return usage_.with([](const Pool::Usage& usage) { return usage; });
    }

private:
    platform::Guarded<Pool::Usage> usage_;
};

/// Gives a client back to its pool.
struct ReturnToPool {
    mongoc_client_pool_t* pool;
    ClientCount* count;
    void operator()(mongoc_client_t* client) const noexcept {
        count->given_back();
        mongoc_client_pool_push(pool, client);
    }
};
using ClientHandle = std::unique_ptr<mongoc_client_t, ReturnToPool>;

/// What a Pool is made of.
struct Pool::State {
    PoolHandle pool;
    std::size_t connections_max = 0;
    Concerns concerns;
    bool reads_from_primary = true;
    /// How long an answer may take, as libmongoc reads the URI.
    std::chrono::milliseconds socket_timeout{};
    /// Whether the server knows `hello`, which servers before 4.4 know by its old name only. Asked once.
    mutable std::atomic<bool> knows_hello{true};
    mutable ClientCount count;

    /// Takes a client from the pool, waiting while all are in use. Throws platform::StoreUnavailable when none is given
    /// back in time.
    [[nodiscard]] ClientHandle client() const;
};

/// A collection together with the connection that it is used over. Whatever is done with the collection is done with
/// the pool's concerns. Throws platform::StoreUnavailable when no server can be reached.
struct ConnectedCollection {
    ConnectedCollection(const Pool& pool, const std::string& database, const std::string& name)
        : client(pool.state().client()),
          collection(mongoc_client_get_collection(client.get(), database.c_str(), name.c_str())) {
        pool.state().concerns.apply(client.get(), collection.get());
    }

    ClientHandle client;
    CollectionHandle collection;
};

}  // namespace twinfleet::mongo

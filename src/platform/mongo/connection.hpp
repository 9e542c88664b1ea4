#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "platform/concurrency/guarded.hpp"
#include "platform/mongo/client.hpp"
#include "platform/mongo/libmongoc.hpp"

/// Clients of libmongoc, each of which is a connection to each server: taken from the pool for a call, a cursor or a
/// bulk, and given back at its end. For the files of this folder alone.
namespace twinfleet::mongo {

/// libmongoc tells nobody how many clients of a pool there are. It makes one when all that it has are in use, and keeps
/// it: there are as many as were ever in use at once.
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

struct ReturnToPool {
    mongoc_client_pool_t* pool;
    ClientCount* count;
    void operator()(mongoc_client_t* client) const noexcept {
        count->given_back();
        mongoc_client_pool_push(pool, client);
    }
};
using ClientHandle = std::unique_ptr<mongoc_client_t, ReturnToPool>;

struct Pool::State {
    PoolHandle pool;
    std::size_t connections_max = 0;
    /// Servers before 4.4 know `hello` by its old name only; asked once.
    mutable std::atomic<bool> knows_hello{true};
    mutable ClientCount count;

    /// Waits for one while all are in use. Throws platform::StoreUnavailable when none was given back in time.
    [[nodiscard]] ClientHandle client() const;
};

/// A collection together with the connection that it is used over.
struct ConnectedCollection {
    ConnectedCollection(const Pool& pool, const std::string& database, const std::string& name)
        : client(pool.state().client()),
          collection(mongoc_client_get_collection(client.get(), database.c_str(), name.c_str())) {}

    ClientHandle client;
    CollectionHandle collection;
};

}  // namespace twinfleet::mongo

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace twinfleet::mongo {

/// How a Pool connects, and what it asks of the servers. What the URI says wins over the settings below it.
///
/// Unless the URI says otherwise, a Pool writes with the write concern `majority`, and reads with the read concern
/// `majority`, whenever it is connected to a replica set or to a router of a sharded cluster: what is acknowledged, or
/// read, is then what no change of the primary takes back. A standalone server is asked for nothing. Writes to a
/// replica set are given up after two thirds of the socket timeout (`wtimeoutMS`), so that a set whose majority is away
/// says so instead of being silent. Retryable writes and reads are off, because the callers repeat what may be
/// repeated.
struct Settings {
    /// The connection string, which begins with mongodb:// or mongodb+srv://
    /// (mongodb.com/docs/manual/reference/connection-string).
    std::string uri = "mongodb://127.0.0.1:27017";
    std::string application_name = "twinfleet";
    std::uint32_t connections_max = 16;
    std::chrono::milliseconds server_selection_timeout{3'000};
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds socket_timeout{30'000};
    /// How long a call waits for a connection while all are in use; after that the call throws StoreUnavailable.
    std::chrono::milliseconds connection_wait_timeout{30'000};
    /// Whether the URI may send reads to secondaries (`readPreference`). Only for readers that measure how far a
    /// secondary is behind (Pool::choose_replica()) and decide nothing by what may be old.
    bool may_read_from_secondaries = false;
};

/// The same settings for a connection that only looks whether the server answers: a single connection, on which
/// everything is given up that takes longer than `limit`.
[[nodiscard]] inline Settings probe_settings(Settings settings, std::chrono::milliseconds limit) {
    settings.connections_max = 1;
    settings.server_selection_timeout = limit;
    settings.connect_timeout = limit;
    settings.socket_timeout = limit;
    settings.connection_wait_timeout = limit;
    return settings;
}

}  // namespace twinfleet::mongo

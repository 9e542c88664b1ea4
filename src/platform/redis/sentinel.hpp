#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "platform/redis/connection.hpp"

namespace twinfleet::redis {

/// Asks sentinels where the master is. Safe to use from any thread.
class Sentinels {
public:
    /// `password` is that of the sentinels; empty: they have none.
    Sentinels(const Target& target, const std::string& password);

    /// Connects to the server that the first sentinel to answer names, and makes sure that it is a master. Throws
    /// platform::StoreUnavailable when no sentinel answers until `deadline`, or none of them knows a master that says
    /// it is one.
    [[nodiscard]] std::unique_ptr<Connection> connect_to_master(const tls::Context* tls, Deadline deadline);

private:
    [[nodiscard]] Address find_master(const tls::Context* tls, Deadline deadline);

    const std::string master_name_;
    /// What is the same wherever the master is: user, password, database, TLS.
    const Address master_;
    std::mutex mutex_;
    /// Guarded by `mutex_`. The one that answered last is first.
    std::vector<Address> addresses_;
};

}  // namespace twinfleet::redis

#pragma once

#include <cstdint>
#include <string>

#include "apps/sample_fleets/generator/documents.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::sample_fleets {

/// The five collections of a fleet in one server.
class FleetStore {
public:
    /// `database_prefix` goes before the databases' names, so that tests keep to databases of their own. Keeps a
    /// reference to the pool.
    explicit FleetStore(const mongo::Pool& pool, std::string database_prefix = {})
        : pool_(pool), database_prefix_(std::move(database_prefix)) {}

    [[nodiscard]] mongo::Collection collection(Collection collection) const;
    /// Removes all that `filter` matches by one command, and returns how many that were.
    std::uint64_t remove(Collection collection, bson::View filter) const;

private:
    const mongo::Pool& pool_;
    std::string database_prefix_;
};

}  // namespace twinfleet::sample_fleets

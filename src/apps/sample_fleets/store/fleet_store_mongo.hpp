#pragma once

#include <cstdint>
#include <string>

#include "apps/sample_fleets/generator/documents.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::sample_fleets {

/// The five collections of a fleet on one MongoDB server.
class FleetStore {
public:
    /// `database_prefix` goes before the names of the databases, so that tests keep to databases of their own. The pool
    /// outlives this.
    explicit FleetStore(const mongo::Pool& pool, std::string database_prefix = {})
        : pool_(pool), database_prefix_(std::move(database_prefix)) {}

    [[nodiscard]] const mongo::Pool& pool() const noexcept { return pool_; }
    [[nodiscard]] mongo::Collection collection(Collection collection) const;
    /// Removes all documents that `filter` matches, by one command, and returns how many there were.
    std::uint64_t remove(Collection collection, bson::View filter) const;

private:
    const mongo::Pool& pool_;
    std::string database_prefix_;
};

}  // namespace twinfleet::sample_fleets

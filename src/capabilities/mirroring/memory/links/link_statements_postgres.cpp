#include "capabilities/mirroring/memory/links/link_statements_postgres.hpp"

#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"

namespace twinfleet::mirroring::link_statements {

std::string table_of(const Entity& entity) {
    return "fleet_sync.\"" + std::string(entity.name) + "\"";
}

void begin(postgres::Transaction& transaction, const Lease* lease, const std::string& settings) {
    if (lease != nullptr) {
        require_lease(transaction, *lease, settings);
    } else {
        transaction.execute(settings);
    }
}

std::string id_array(std::span<const domain::ParentId* const> ids) {
    return postgres::array_of(ids, &domain::ParentId::value);
}

std::vector<const domain::ParentId*> in_order_of_locks(std::span<const domain::ParentId> ids) {
    std::vector<const domain::ParentId*> ordered;
    ordered.reserve(ids.size());
    for (const auto& id : ids) {
        ordered.push_back(&id);
    }
    const auto id_of = [](const domain::ParentId* id) -> const domain::ParentId& { return *id; };
    std::ranges::sort(ordered, {}, id_of);
    const auto are_the_same = [](const domain::ParentId* left, const domain::ParentId* right) {
        return *left == *right;
    };
    ordered.erase(std::unique(ordered.begin(), ordered.end(), are_the_same), ordered.end());
    return ordered;
}

}  // namespace twinfleet::mirroring::link_statements

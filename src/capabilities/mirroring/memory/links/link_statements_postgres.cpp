#include "capabilities/mirroring/memory/links/link_statements_postgres.hpp"

#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"

namespace twinfleet::mirroring::link_statements {

std::string table_of(const Entity& entity) {
    return "fleet_sync.\"" + std::string(entity.name) + "\"";
}

void begin(postgres::Transaction& transaction, const Lease* lease, const std::string& settings) {
    if (lease != nullptr) {
        require_lease(transaction, *lease, settings);
    } else if (!settings.empty()) {
        transaction.execute(settings);
    }
}

std::string id_array(std::span<const domain::ParentId* const> ids) {
    return postgres::array_of(ids, &domain::ParentId::value);
}

std::uint64_t beginning_of(const domain::ParentId& id) noexcept {
    const std::string& text = id.value();
    std::uint64_t beginning = 0;
    for (std::size_t i = 0; i < sizeof(beginning); ++i) {
        beginning = beginning << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    }
    return beginning;
}

}  // namespace twinfleet::mirroring::link_statements

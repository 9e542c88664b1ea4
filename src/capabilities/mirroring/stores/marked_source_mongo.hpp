#pragma once

#include "capabilities/mirroring/stores/marked_source.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// The marker in a collection of its own beside the parks, so that it takes no right which the mirror does not have
/// anyway, and is gone when the database of the parks is. Reads the primary: a secondary that lags may not have it yet.
class MarkedSourceMongo final : public MarkedSource {
public:
    struct Settings {
        std::string database = "dbparks";
        std::string collection = "fleet_sync_cluster";
    };

    /// `pool` outlives this.
    MarkedSourceMongo(const mongo::Pool& pool, Settings settings) : pool_(pool), settings_(std::move(settings)) {}

    [[nodiscard]] std::optional<std::string> marker() override;
    [[nodiscard]] std::string leave(const std::string& marker) override;
    void replace(const std::string& marker) override;
    [[nodiscard]] std::size_t count_existing(const Entity& entity, std::span<const std::string> ids) override;
    [[nodiscard]] bool has_child_parks() override;

private:
    [[nodiscard]] mongo::Collection markers() const {
        return pool_.collection(settings_.database, settings_.collection);
    }

    const mongo::Pool& pool_;
    const Settings settings_;
};

}  // namespace twinfleet::mirroring

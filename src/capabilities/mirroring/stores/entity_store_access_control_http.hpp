#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "clients/access_control/access_control.hpp"

namespace twinfleet::mirroring {

/// A store of groups or of users, which live in access-control, as documents like any other
/// (record_documents_http.hpp). `Record` is clients::Group or clients::User. Safe to use from several threads.
///
/// Throws platform::StoreUnavailable when access-control cannot be reached or answers with a status 5xx, and
/// platform::StoreRefused for other refusals.
template <typename Record>
class EntityStoreAccessControl final : public EntityStore {
public:
    /// `client` outlives the store and its streams.
    explicit EntityStoreAccessControl(const clients::AccessControl& client) : client_(client) {}

    [[nodiscard]] std::unique_ptr<DocumentStream> changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                                const BatchLimits& limits) override;
    [[nodiscard]] std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) override;
    [[nodiscard]] DocumentBatch fetch(std::span<const std::string> ids) override;
    [[nodiscard]] DocumentBatch fetch_quarantined(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<Presence> presence(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) override;
    [[nodiscard]] std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) override;
    [[nodiscard]] std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) override;
    [[nodiscard]] std::vector<Removal> removed_since(const std::optional<Removal>& after,
                                                     std::size_t count_max) override;
    [[nodiscard]] std::vector<ParkLogin> login_holders(std::span<const ParkLogin> logins) override;
    [[nodiscard]] std::int64_t server_time_ms() override;
    [[nodiscard]] std::int64_t settled_until_ms(std::chrono::milliseconds overlap) override;
    [[nodiscard]] std::int64_t estimated_count() override;

private:
    [[nodiscard]] std::vector<Record> retrieve(std::span<const std::string> ids) const;

    const clients::AccessControl& client_;
};

using GroupStoreAccessControl = EntityStoreAccessControl<clients::Group>;
using UserStoreAccessControl = EntityStoreAccessControl<clients::User>;

/// The store of the entity `groups` or `users`. `client` outlives it.
[[nodiscard]] std::unique_ptr<EntityStore> make_entity_store_access_control(const clients::AccessControl& client,
                                                                            const Entity& entity);

}  // namespace twinfleet::mirroring

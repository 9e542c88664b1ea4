#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/http/client.hpp"

namespace twinfleet::mirroring {

/// Groups or users, which live in access-control, as documents like any other: through that service's internal
/// endpoints. Safe to use from several threads.
///
/// A record becomes a document of its fields, with `created_date`, `modified_date` and `updated_ts` as everywhere: a
/// BSON Timestamp of the second of the write, with its microsecond as the ordinal. That is the version of a record, by
/// access-control's clock. A `phone` or `group_id` that is null has no field in the document.
///
/// Throws platform::StoreUnavailable when access-control is away or answers with 5xx, platform::StoreRefused for other
/// refusals.
class EntityStoreAccessControl final : public EntityStore {
public:
    struct Settings {
        /// Records in one request; the service's limit.
        std::size_t records_per_request = 1000;
    };

    /// `client` must outlive the store, and the store its streams; `entity` is `groups` or `users`.
    EntityStoreAccessControl(const http::Client& client, const Entity& entity, const Settings& settings);

    [[nodiscard]] std::unique_ptr<DocumentStream> changed_since(const bson::ChangePosition& from, const Scope& scope,
                                                                const BatchLimits& limits) override;
    [[nodiscard]] std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) override;
    [[nodiscard]] DocumentBatch fetch(std::span<const std::string> ids) override;
    [[nodiscard]] DocumentBatch fetch_quarantined(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<Presence> presence(std::span<const std::string> ids) override;
    [[nodiscard]] std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) override;
    [[nodiscard]] std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) override;
    [[nodiscard]] std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) override;
    [[nodiscard]] std::int64_t server_time_ms() override;
    [[nodiscard]] std::int64_t estimated_count() override;

    struct Field;

private:
    class Stream;

    [[nodiscard]] boost::json::object call(std::string_view method, std::string_view action,
                                           const boost::json::object* body) const;
    [[nodiscard]] std::vector<WriteOutcome> write(const std::vector<boost::json::object>& operations) const;

    const http::Client& client_;
    const std::string path_;
    const std::span<const Field> fields_;
    const Settings settings_;
};

}  // namespace twinfleet::mirroring

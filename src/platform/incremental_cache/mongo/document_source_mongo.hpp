#pragma once

#include <span>
#include <string>
#include <string_view>

#include "platform/incremental_cache/document_source.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::incremental_cache {

/// A DocumentSource over a collection in MongoDB. Its queries are served by an index of (updated_ts, _id) and by the
/// index of _id. Each call holds one connection of the pool while it lasts, choose_copy() two. Passes read from where
/// `readPreference` in the connection string says; everything else is read from the primary.
class MongoDocumentSource final : public DocumentSource {
public:
    /// `pool` must outlive this; `fields` are the fields to read.
    MongoDocumentSource(const mongo::Pool& pool, const std::string& database, const std::string& collection,
                        std::span<const std::string_view> fields);

    [[nodiscard]] Copy choose_copy() override;
    void changed_since(const bson::ChangePosition& from, const Copy& copy, const Take& take) override;
    void all(const Copy& copy, const Take& take) override;
    void by_ids(std::span<const std::string> ids, const Take& take) override;
    [[nodiscard]] bson::ChangePosition latest() override;
    [[nodiscard]] std::int64_t server_time_ms() override { return pool_.change_time_ms(); }

private:
    /// Returns false once `take` has ended the read.
    bool read(bson::View filter, const bson::Document& sort, const Copy& copy, const Take& take) const;

    const mongo::Pool& pool_;
    mongo::Collection collection_;
    bson::Document projection_;
};

}  // namespace twinfleet::incremental_cache

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/mirroring/copies.hpp"
#include "capabilities/mirroring/entities/entity.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::benchmarks {

/// What the name of each collection and table of the copies ends with.
inline constexpr const char* copy_suffix = "_bench_copy";
/// As many as the mirror's batches have.
inline constexpr std::size_t batch_documents = 2000;

/// The collection into which the documents of this one are copied.
[[nodiscard]] mongo::Collection copies_of(const mongo::Pool& pool, const std::string& database,
                                          const std::string& collection);
/// The entities that live in MongoDB.
[[nodiscard]] std::vector<const mirroring::Entity*> copied_entities();

/// Documents on their way.
struct CopyBatch {
    struct Item {
        std::string parent_id;
        std::string park_id;
        std::string child_id;
        /// Normalized; empty but for drivers.
        std::string license;
        bson::Document child;
    };
    std::vector<Item> items;
};

/// The steps of a copy of one entity. Each step may run in a thread of its own.
class CopySteps {
public:
    CopySteps(const mongo::Pool& mongo, postgres::Pool& postgres, const mirroring::Entity& entity, Records records);

    /// The next documents; nullptr at the end.
    [[nodiscard]] std::unique_ptr<CopyBatch> read();
    /// Reserves links durably, by COPY.
    void reserve(const CopyBatch& batch);
    /// Looks links up, and inserts those that are missing.
    void look_up_and_reserve(const CopyBatch& batch);
    void insert(const CopyBatch& batch) const;
    /// Adds drivers to their records with one bulk and no look: all of them have a record, none has, or nobody knows.
    void add_profiles(const CopyBatch& batch) const;
    /// Reads the records first, and then writes each as it has to be.
    void look_up_and_add_profiles(const CopyBatch& batch) const;
    /// Makes the links `linked`, without waiting for the disk, as the mirror does.
    void commit(const CopyBatch& batch);

private:
    const mirroring::Entity& entity_;
    const Records records_;
    postgres::Pool& postgres_;
    const mongo::Collection source_;
    const mongo::Collection copies_;
    const mongo::Collection unique_drivers_;
    mongo::Cursor cursor_;
    std::uint64_t ids_ = 0;
};

}  // namespace twinfleet::benchmarks

#include "benchmarks/mirroring/copies.hpp"

#include <array>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "benchmarks/mirroring/copy_steps.hpp"
#include "platform/concurrency/handover.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr std::array names{std::pair(Copy::raw, "raw copy"), std::pair(Copy::floor, "floor"),
                           std::pair(Copy::plain_job, "plain job")};

bson::Document index_of(const mirroring::IndexSpecification& index) {
    bson::Builder builder;
    builder.string("name", index.name).document("key", bson::from_json(index.keys)).boolean("unique", index.unique);
    return builder.take();
}

using Batch = std::unique_ptr<CopyBatch>;

/// Every step in a thread of its own, as the mirror's steps are; reading in the calling one.
std::size_t overlap(CopySteps& steps) {
    using Step = std::function<void(CopySteps&, const CopyBatch&)>;
    const std::array<Step, 3> actions{
        [](CopySteps& of, const CopyBatch& batch) { of.reserve(batch); },
        [](CopySteps& of, const CopyBatch& batch) { of.insert(batch); },
        [](CopySteps& of, const CopyBatch& batch) {
            of.add_profiles(batch);
            of.commit(batch);
        },
    };
    std::array<platform::Handover<Batch>, actions.size()> handovers;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto guarded = [&](const auto& work) {
        try {
            work();
        } catch (...) {
            {
                const std::lock_guard lock(mutex);
                failure = failure ? failure : std::current_exception();
            }
            for (auto& handover : handovers) {
                handover.fail();
            }
        }
    };
    std::size_t copied = 0;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < actions.size(); ++i) {
            threads.emplace_back([&, i] {
                guarded([&] {
                    while (auto batch = handovers[i].take()) {
                        actions[i](steps, **batch);
                        if (i + 1 < actions.size() && !handovers[i + 1].put(std::move(*batch))) {
                            return;
                        }
                    }
                    if (i + 1 < actions.size()) {
                        handovers[i + 1].close();
                    }
                });
            });
        }
        guarded([&] {
            while (auto batch = steps.read()) {
                copied += batch->items.size();
                if (!handovers.front().put(std::move(batch))) {
                    break;
                }
            }
            handovers.front().close();
        });
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    return copied;
}

std::size_t one_after_the_other(CopySteps& steps, Copy copy) {
    std::size_t copied = 0;
    while (const auto batch = steps.read()) {
        if (copy == Copy::raw) {
            steps.insert(*batch);
        } else {
            steps.look_up_and_reserve(*batch);
            steps.insert(*batch);
            steps.look_up_and_add_profiles(*batch);
            steps.commit(*batch);
        }
        copied += batch->items.size();
    }
    return copied;
}

void copy_unique_drivers(const mongo::Pool& pool) {
    const auto copies = copies_of(pool, "dbtaxi", "unique_drivers");
    copies.create_index(bson::from_json(R"({"name": "license", "key": {"license": 1}, "unique": true})"));
    auto records = pool.collection("dbtaxi", "unique_drivers").find({});
    std::optional<mongo::Bulk> bulk;
    const auto send = [&] {
        if (bulk) {
            static_cast<void>(bulk->execute());
            bulk.reset();
        }
    };
    while (const auto record = records.next()) {
        if (!bulk) {
            bulk.emplace(copies.bulk());
        }
        bulk->insert(*record);
        if (bulk->size() == batch_documents) {
            send();
        }
    }
    send();
}

}  // namespace

std::string name_of(Copy copy) {
    for (const auto& [known, name] : names) {
        if (known == copy) {
            return name;
        }
    }
    throw std::logic_error("an unknown copy");
}

Copy copy_of(const std::string& name) {
    for (const auto& [known, its_name] : names) {
        if (its_name == name) {
            return known;
        }
    }
    throw std::invalid_argument("no copy " + name);
}

void prepare_copies(const CopyTarget& target, Copy copy) {
    remove_copies(target);
    if (copy == Copy::raw) {
        return;
    }
    const mongo::Pool pool({.uri = target.mongo_uri});
    postgres::Pool postgres({.dsn = target.postgres_dsn});
    for (const mirroring::Entity* entity : copied_entities()) {
        const auto copies = copies_of(pool, std::string(entity->database), std::string(entity->collection));
        for (const mirroring::IndexSpecification& index : entity->indexes) {
            // The copies of parks have the logins of the parks.
            if (index.name != "login") {
                copies.create_index(index_of(index));
            }
        }
        postgres.transact([&](postgres::Transaction& transaction) {
            transaction.execute("SELECT fleet_sync.make_link_table($1)", std::string(entity->name) + copy_suffix);
        });
    }
    copy_unique_drivers(pool);
}

std::size_t run_copy(const CopyTarget& target, Copy copy) {
    const mongo::Pool mongo({.uri = target.mongo_uri});
    postgres::Pool postgres({.dsn = target.postgres_dsn});
    std::size_t copied = 0;
    for (const mirroring::Entity* entity : copied_entities()) {
        CopySteps steps(mongo, postgres, *entity, target.records);
        copied += copy == Copy::floor ? overlap(steps) : one_after_the_other(steps, copy);
    }
    return copied;
}

void remove_copies(const CopyTarget& target) {
    const mongo::Pool pool({.uri = target.mongo_uri});
    postgres::Pool postgres({.dsn = target.postgres_dsn});
    copies_of(pool, "dbtaxi", "unique_drivers").drop();
    for (const mirroring::Entity* entity : copied_entities()) {
        copies_of(pool, std::string(entity->database), std::string(entity->collection)).drop();
        postgres.transact([&](postgres::Transaction& transaction) {
            transaction.execute("DROP TABLE IF EXISTS fleet_sync." + std::string(entity->name) + copy_suffix);
        });
    }
}

}  // namespace twinfleet::benchmarks

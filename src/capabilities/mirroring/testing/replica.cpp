#include "capabilities/mirroring/testing/replica.hpp"

#include <iomanip>
#include <sstream>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {

std::string Replica::SeededIds::next() {
    std::ostringstream id;
    for (int i = 0; i < 4; ++i) {
        id << std::hex << std::setw(8) << std::setfill('0') << draw_(0x7fffffff);
    }
    return id.str();
}

Replica::Replica(FakeWorld& world, const Platform& platform, std::string name, Settings settings)
    : fake_world_(world),
      name_(std::move(name)),
      settings_(std::move(settings)),
      enabled_cities_(platform.enabled_cities()),
      configuration_fingerprint_(platform.configuration_fingerprint()),
      leases_(world, name_),
      rounds_(world, name_),
      ids_(settings_.seed),
      stores_(world, ids_, name_),
      clock_(world) {}

MirrorEnvironment Replica::environment() {
    return {.stores = stores_.stores(),
            .clock = clock_,
            .park_enabled = [this](const ParentFacts& park, const domain::AppFamily&) {
                return enabled_cities_.contains(park.city_id);
            }};
}

std::optional<PassResult> Replica::run_job(const Entity& entity, PassRequest request) {
    const std::int64_t held_until_ms = fake_world_.now_ms() + lease_lifetime.count();
    const auto lease = leases_.acquire(entity.name, settings_.family.name, name_, lease_lifetime);
    if (!lease) {
        return std::nullopt;
    }
    try {
        PassResult result = run_under(*lease, held_until_ms, entity, std::move(request));
        release(*lease);
        return result;
    } catch (const std::exception&) {
        release(*lease);
        throw;
    }
}

std::optional<PassResult> Replica::run_next_shard(const Entity& entity, bool verify_children) {
    const std::uint32_t shard_count = entity.is_park() ? 1 : settings_.full_shards;
    const auto round = rounds_.current(entity.name, settings_.family, shard_count, settings_.full_interval);
    if (!round) {
        return std::nullopt;
    }
    for (const FullShard& next : rounds_.shards(*round)) {
        if (next.state == ShardState::done) {
            continue;
        }
        const Shard shard{.index = next.index, .count = round->shard_count};
        const std::int64_t held_until_ms = fake_world_.now_ms() + lease_lifetime.count();
        const auto lease =
            leases_.acquire(shard_lease_name(entity.name, shard), settings_.family.name, name_, lease_lifetime);
        if (!lease) {
            continue;
        }
        try {
            if (!rounds_.begin(*lease, *round, shard.index, name_)) {
                release(*lease);
                continue;
            }
            PassRequest request{.mode = Mode::full, .verify_children = verify_children, .shard = shard};
            request.grant_retirements = [&](std::size_t wanted) {
                const std::size_t linked = stores_.links.count_not_retired(entity, settings_.family, {});
                return rounds_.grant_retirements(*lease, *round, shard.index, wanted,
                                                 settings_.pass.retirement.of(linked));
            };
            PassResult result = run_under(*lease, held_until_ms, entity, std::move(request));
            if (result.is_complete) {
                rounds_.finish(*lease, *round, shard.index, result.counts);
            }
            release(*lease);
            return result;
        } catch (const std::exception&) {
            release(*lease);
            throw;
        }
    }
    return std::nullopt;
}

PassResult Replica::run_under(const Lease& lease, std::int64_t held_until_ms, const Entity& entity,
                              PassRequest request) {
    if (entity.is_park()) {
        request.configuration_fingerprint = configuration_fingerprint_;
    }
    const auto assert_lease = [&] {
        if (settings_.has_local_clock && fake_world_.now_ms() > held_until_ms) {
            throw LeaseLost();
        }
    };
    const MirrorEnvironment environment = this->environment();
    MirrorPass pass(environment, entity, settings_.family, settings_.pass);
    return pass.run(request, lease, assert_lease, [](const RunCounts&) {}, {});
}

void Replica::release(const Lease& lease) {
    try {
        leases_.release(lease);
    } catch (const platform::StoreUnavailable&) {  // it lapses by itself
    }
}

std::variant<ChildDriver, CreationRefused> Replica::create_child(const std::string& parent_driver_id) {
    return create_child_driver(environment(), settings_.family, domain::ParentId(parent_driver_id));
}

}  // namespace twinfleet::mirroring::testing

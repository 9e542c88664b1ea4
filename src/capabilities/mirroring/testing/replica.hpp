#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/mirroring/creation/create_child.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"
#include "capabilities/mirroring/testing/generators.hpp"

namespace twinfleet::mirroring::testing {

/// One process of the synchronizer, from its start to its end, over a fake world. It reads the configuration when it
/// starts.
class Replica {
public:
    static constexpr std::chrono::milliseconds lease_lifetime{15'000};

    struct Settings {
        PassSettings pass;
        domain::AppFamily family{"vezet"};
        /// It notices by its own clock when it was suspended for longer than its lease lasts. Otherwise only the store
        /// does.
        bool has_local_clock = false;
        /// Those of parks have one.
        std::uint32_t full_shards = 3;
        std::chrono::milliseconds full_interval{0};
        /// Its ids follow from this.
        std::uint64_t seed = 0;
    };

    /// `name` is that of its steps (fake_world.hpp), and nobody else's.
    Replica(FakeWorld& world, const Platform& platform, std::string name, Settings settings);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// nullopt when somebody else has the lease of the job. Throws LeaseLost, and what the world throws at it.
    std::optional<PassResult> run_job(const Entity& entity, PassRequest request);
    /// The next shard of a full round that is due, as the scheduler does it. nullopt: there is none that nobody else
    /// has.
    std::optional<PassResult> run_next_shard(const Entity& entity, bool verify_children = false);
    /// A driver logs in.
    [[nodiscard]] std::variant<ChildDriver, CreationRefused> create_child(const std::string& parent_driver_id);

private:
    class SeededIds final : public IdSource {
    public:
        explicit SeededIds(std::uint64_t seed) : draw_(draw_from_seed(seed)) {}
        std::string next() override;

    private:
        const Draw draw_;
    };
    class WorldClock final : public platform::Clock {
    public:
        explicit WorldClock(const FakeWorld& world) : world_(world) {}
        platform::Time now() const override { return platform::Time(std::chrono::milliseconds(world_.now_ms())); }
        std::chrono::nanoseconds monotonic() const override { return std::chrono::milliseconds(world_.now_ms()); }

    private:
        const FakeWorld& world_;
    };

    [[nodiscard]] MirrorEnvironment environment();
    [[nodiscard]] PassResult run_under(const Lease& lease, std::int64_t held_until_ms, const Entity& entity,
                                       PassRequest request);
    void release(const Lease& lease);

    FakeWorld& fake_world_;
    const std::string name_;
    const Settings settings_;
    const std::set<std::string, std::less<>> enabled_cities_;
    const std::string configuration_fingerprint_;
    FakeLeaseStore leases_;
    FakeFullRoundStore rounds_;
    SeededIds ids_;
    FakeStores stores_;
    WorldClock clock_;
};

}  // namespace twinfleet::mirroring::testing

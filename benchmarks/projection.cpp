// The pure part of mirroring one document: facts, projection, hash, comparison.
#include "capabilities/mirroring/policy/projection.hpp"

#include <map>

#include <benchmark/benchmark.h>

#include "apps/sample_fleets/generator/synthetic_fleet.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

const domain::AppFamily vezet{"vezet"};
const ChildIdentity child{
    .id = "0123456789abcdef0123456789abcdef", .park_id = "fedcba9876543210fedcba9876543210", .login = "park-vezet"};

bson::Document sample(std::string_view entity_name) {
    std::map<std::string, bson::Document> found;
    sample_fleets::SyntheticFleet size;
    size.parks = 1;
    size.cars = 1;
    size.drivers = 1;
    size.unique_drivers = 0;
    sample_fleets::generate_synthetic_fleet(size, [&](sample_fleets::Collection collection, bson::View document) {
        found.emplace(sample_fleets::name_of(collection).name, bson::Document(document));
    });
    return found.at(std::string(entity(entity_name).collection));
}

void inspect(benchmark::State& state, std::string_view name) {
    const Projector projector(entity(name), vezet);
    const auto document = sample(name);
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(projector.inspect(document));
    }
}

void project(benchmark::State& state, std::string_view name) {
    const Projector projector(entity(name), vezet);
    const auto document = sample(name);
    const auto facts = projector.inspect(document);
    const ReferenceTable references;
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(projector.project(facts, child, references));
    }
    state.SetLabel(std::to_string(document.size_bytes()) + " bytes");
}

void compare(benchmark::State& state, std::string_view name) {
    const Projector projector(entity(name), vezet);
    const auto document = sample(name);
    const auto projection = projector.project(projector.inspect(document), child, {});
    const auto existing = projector.new_child(child, projection.content, Time{});
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(projector.difference(existing, projection.content));
    }
}

BENCHMARK_CAPTURE(inspect, driver, "drivers");
BENCHMARK_CAPTURE(project, driver, "drivers");
BENCHMARK_CAPTURE(compare, driver, "drivers");
BENCHMARK_CAPTURE(inspect, car, "cars");
BENCHMARK_CAPTURE(project, car, "cars");
BENCHMARK_CAPTURE(compare, car, "cars");

}  // namespace
}  // namespace twinfleet::mirroring

BENCHMARK_MAIN();

#include "benchmarks/mirroring/fleet.hpp"

#include <stdexcept>

#include "apps/sample_fleets/generator/city_fleets.hpp"
#include "apps/sample_fleets/generator/synthetic_fleet.hpp"
#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr const char* samples_name = "samples";

sample_fleets::SyntheticFleet synthetic(const Fleet& fleet) {
    sample_fleets::SyntheticFleet made;
    made.parks = fleet.parks;
    made.cars = fleet.drivers;
    made.drivers = fleet.drivers;
    made.unique_drivers = fleet.records == Records::all ? fleet.drivers : 0;
    return made;
}

}  // namespace

std::string Fleet::name() const {
    if (records == Records::some) {
        return samples_name;
    }
    return std::to_string(drivers) +
           (records == Records::all ? " drivers, all with records" : " drivers, none with a record");
}

Fleet fleet_of(const std::string& name, std::uint32_t parks, std::uint32_t drivers) {
    if (name == "all" || name == "none") {
        return {.records = name == "all" ? Records::all : Records::none, .parks = parks, .drivers = drivers};
    }
    if (name == samples_name) {
        return {.records = Records::some};
    }
    throw std::invalid_argument("no fleet " + name + "; there are all, none and samples");
}

std::vector<Loaded> load_fleet(const mongo::Pool& pool, const Fleet& fleet, const std::filesystem::path& samples) {
    std::vector<Loaded> loaded;
    for (const auto collection : sample_fleets::collections) {
        const auto name = sample_fleets::name_of(collection);
        pool.collection(std::string(name.database), std::string(name.name)).drop();
        loaded.push_back({.collection = std::string(name.name)});
    }
    const sample_fleets::FleetStore store(pool);
    sample_fleets::FleetLoader loader(store);
    const sample_fleets::Sink sink = [&](sample_fleets::Collection collection, bson::View document) {
        loader.add(collection, document);
        Loaded& counted = loaded.at(static_cast<std::size_t>(collection));
        ++counted.documents;
        counted.bytes += document.size_bytes();
    };
    if (fleet.records == Records::some) {
        sample_fleets::generate_city_fleets(sample_fleets::read_registers(samples), {}, sink);
    } else {
        sample_fleets::generate_synthetic_fleet(synthetic(fleet), sink);
    }
    loader.finish();
    return loaded;
}

}  // namespace twinfleet::benchmarks

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/mongo/client.hpp"

namespace twinfleet::benchmarks {

/// Whose drivers have a record in `dbtaxi.unique_drivers` before they are mirrored.
enum class Records : std::uint8_t {
    all,   ///< every driver: how it is in practice, as a record is made when a driver is hired
    none,  ///< no driver: each gets one with his child
    some,  ///< as the samples have it
};

/// A fleet to mirror.
struct Fleet {
    Records records = Records::all;
    /// Of a synthetic fleet.
    std::uint32_t parks = 500;
    std::uint32_t drivers = 40'000;

    [[nodiscard]] std::string name() const;
};

/// The fleets of these names: `all`, `none` (synthetic: as many cars as drivers, two rules a park) and `samples` (the
/// parks of Chicago and New York; `parks` and `drivers` do not matter). Throws std::invalid_argument for others.
[[nodiscard]] Fleet fleet_of(const std::string& name, std::uint32_t parks, std::uint32_t drivers);

/// What was loaded into one collection.
struct Loaded {
    std::string collection;
    std::uint64_t documents = 0;
    std::uint64_t bytes = 0;
};

/// Drops the collections of a fleet and fills them with this one. `samples` is the folder of the registers.
std::vector<Loaded> load_fleet(const mongo::Pool& pool, const Fleet& fleet, const std::filesystem::path& samples);

}  // namespace twinfleet::benchmarks

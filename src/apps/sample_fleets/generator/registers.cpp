#include "apps/sample_fleets/generator/registers.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string_view>

#include "apps/sample_fleets/generator/csv.hpp"

namespace twinfleet::sample_fleets {
namespace {

CsvTable read_table(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw std::invalid_argument("cannot be read");
    }
    return CsvTable(std::string(std::istreambuf_iterator<char>(stream), {}));
}

template <typename Number>
Number number_or(std::string_view text, Number fallback) {
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? value : fallback;
}

std::string upper_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return text;
}

bool is_company(std::string_view affiliation) {
    return !affiliation.empty() && affiliation != "DIS-AFFILIATED" && affiliation != "EXPIRED AFFILIATION";
}

std::vector<Taxi> read_taxis(const std::filesystem::path& file) {
    const auto table = read_table(file);
    const auto record_id = table.column("record_id");
    const auto vehicle_type = table.column("vehicle_type");
    const auto vehicle_number = table.column("vehicle_number");
    const auto status = table.column("status");
    const auto make = table.column("make");
    const auto model = table.column("model");
    const auto year = table.column("year");
    const auto color = table.column("color");
    const auto fuel = table.column("fuel");
    const auto wheelchair = table.column("wheelchair");
    const auto affiliation = table.column("affiliation");

    std::vector<Taxi> taxis;
    for (const auto& record : table.records()) {
        if (record[vehicle_type] != "Taxi" || !is_company(record[affiliation])) {
            continue;
        }
        taxis.push_back({.record_id = record[record_id],
                         .number = record[vehicle_number],
                         .license_status = record[status],
                         .make = record[make],
                         .model = record[model],
                         .year = number_or<std::int32_t>(record[year], 0),
                         .color = record[color],
                         .fuel = record[fuel],
                         .is_wheelchair_accessible = record[wheelchair] == "Y",
                         .company = record[affiliation]});
    }
    return taxis;
}

std::vector<Base> read_bases(const std::filesystem::path& file) {
    const auto table = read_table(file);
    const auto license = table.column("base_license");
    const auto name = table.column("name");
    const auto trade_name = table.column("dba");
    const auto last_month = table.column("last_month");
    const auto vehicles = table.column("vehicles");

    std::map<std::string, Base> by_license;
    for (const auto& record : table.records()) {
        Base base{.license = upper_case(record[license]),
                  .name = record[name],
                  .trade_name = record[trade_name],
                  .last_month = record[last_month],
                  .vehicles = number_or<std::uint32_t>(record[vehicles], 0)};
        auto& known = by_license[base.license];
        if (known.license.empty() || known.last_month < base.last_month) {
            known = std::move(base);
        }
    }
    std::vector<Base> bases;
    bases.reserve(by_license.size());
    for (auto& [key, base] : by_license) {
        bases.push_back(std::move(base));
    }
    return bases;
}

template <typename Read>
auto naming_the_file(const std::filesystem::path& file, Read read) {
    try {
        return read(file);
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(file.string() + ": " + error.what());
    }
}

}  // namespace

Registers read_registers(const std::filesystem::path& folder) {
    return {.chicago_taxis = naming_the_file(folder / "chicago_vehicles.csv", read_taxis),
            .new_york_bases = naming_the_file(folder / "nyc_bases.csv", read_bases)};
}

}  // namespace twinfleet::sample_fleets

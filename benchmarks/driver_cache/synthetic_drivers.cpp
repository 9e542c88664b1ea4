#include "benchmarks/driver_cache/synthetic_drivers.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace twinfleet::benchmarks {
namespace {

constexpr std::uint32_t first_second = 1'700'000'000;
constexpr std::uint64_t drivers_of_a_park = 200;

/// SplitMix64.
std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e37'79b9'7f4a'7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d0'49bb'1331'11ebU;
    return value ^ (value >> 31U);
}

std::string hex_id(std::uint64_t kind, std::uint64_t number) {
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(mixed(number * 8 + kind)),
                  static_cast<unsigned long long>(mixed(~(number * 8 + kind))));
    return text.data();
}

std::string digits(std::string_view prefix, std::uint64_t number) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%010llu", static_cast<unsigned long long>(number));
    return std::string(prefix) + text.data();
}

}  // namespace

std::string SyntheticDrivers::id(std::uint64_t number) {
    return hex_id(0, number);
}

std::string SyntheticDrivers::phone(std::uint64_t number) {
    return digits("+7", number);
}

bson::Document SyntheticDrivers::document(std::uint64_t number, std::uint32_t generation) {
    static constexpr std::array<std::string_view, 5> first_names{"Александр", "Мария", "John", "Дмитрий", "Anna"};
    bson::Builder builder;
    builder.string("_id", id(number)).string("park_id", hex_id(1, number / drivers_of_a_park));
    builder.string("first_name", first_names[number % first_names.size()]);
    builder.string("last_name", "Driver" + std::to_string(number % 50'000) + "-" + std::to_string(generation));
    builder.begin_array("phones").string("0", phone(number)).end();
    builder.begin_document("license").string("number", digits("", number)).string("country", "rus").end();
    builder.string("work_status", "working")
        .string("car_id", hex_id(2, number))
        .string("rule_id", hex_id(3, number / 50));
    if (number % 2 == 0) {
        builder.string("parent_driver_id", hex_id(4, number));
    }
    builder.date("created_date", 1'600'000'000'000 + static_cast<std::int64_t>(number));
    builder.timestamp("updated_ts", {first_second + generation, static_cast<std::uint32_t>(number)});
    return builder.take();
}

void SyntheticDrivers::all(const incremental_cache::Copy&, const Take& take) {
    for (std::uint64_t number = 0; number < count_; ++number) {
        if (!take(document(number, generation_))) {
            return;
        }
    }
}

bson::ChangePosition SyntheticDrivers::latest() {
    return {.timestamp = bson::Timestamp{first_second, 0}, .date_ms = std::nullopt};
}

std::int64_t SyntheticDrivers::server_time_ms() {
    return (std::int64_t{first_second} + generation_) * 1000;
}

}  // namespace twinfleet::benchmarks

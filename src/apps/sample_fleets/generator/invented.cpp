#include "apps/sample_fleets/generator/invented.hpp"

#include <array>
#include <cassert>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <sodium.h>

namespace twinfleet::sample_fleets {
namespace {

constexpr auto first_names = std::to_array<std::string_view>(
    {"Aaron",  "Abdul",   "Adaeze",  "Ahmed",   "Aisha",  "Albert", "Alejandro", "Amir",   "Ana",     "Andrei",
     "Anil",   "Antonio", "Arjun",   "Bashir",  "Bogdan", "Carlos", "Carmen",    "Chen",   "Daniel",  "David",
     "Dmitri", "Edwin",   "Elena",   "Emeka",   "Farid",  "Fatima", "Felix",     "Gloria", "Grace",   "Hamza",
     "Hassan", "Hector",  "Ibrahim", "Igor",    "Imran",  "Ivan",   "Jamal",     "James",  "Javier",  "Jean",
     "Jin",    "José",    "Kamal",   "Karim",   "Kwame",  "Lamine", "Leila",     "Luis",   "Mariam",  "Mehmet",
     "Miguel", "Mohamed", "Nadia",   "Nikola",  "Olga",   "Omar",   "Pedro",     "Rashid", "Ricardo", "Samuel",
     "Sofia",  "Tariq",   "Victor",  "Zbigniew"});

constexpr auto last_names = std::to_array<std::string_view>(
    {"Abebe",   "Adeyemi",   "Ahmed",    "Akhtar",   "Ali",       "Alvarez", "Amadi",  "Baptiste", "Begum",
     "Bello",   "Brown",     "Castillo", "Chen",     "Chowdhury", "Cruz",    "Diallo", "Diaz",     "Dimitrov",
     "Farah",   "Fernández", "Flores",   "García",   "Gomez",     "Gupta",   "Haddad", "Hassan",   "Hernandez",
     "Hossain", "Hussain",   "Islam",    "Ivanov",   "Jackson",   "Johnson", "Joseph", "Kamara",   "Kaur",
     "Khan",    "Kim",       "Kovač",    "Kowalski", "Lopez",     "Mahmoud", "Martin", "Mensah",   "Mohamed",
     "Morales", "Nguyen",    "Novak",    "Okafor",   "Ortiz",     "Osei",    "Patel",  "Pérez",    "Petrov",
     "Pierre",  "Popescu",   "Qureshi",  "Rahman",   "Ramirez",   "Reyes",   "Rivera", "Rojas",    "Salazar",
     "Sarkar",  "Sharma",    "Singh",    "Smith",    "Tadesse",   "Torres",  "Traoré", "Williams", "Zhang"});

template <std::size_t size>
std::array<unsigned char, size> digest(std::string_view key) {
    // Safe to repeat, and from any thread.
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium cannot be initialized");
    }
    std::array<unsigned char, size> result{};
    crypto_generichash(result.data(), result.size(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                       nullptr, 0);
    return result;
}

}  // namespace

std::string id_of(std::string_view key) {
    const auto bytes = digest<16>(key);
    std::array<char, 33> hex{};
    sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
    return hex.data();
}

Dice::Dice(std::string_view key) : state_(0) {
    // Read byte by byte, so that the sequence does not depend on the byte order of the machine.
    for (const auto byte : digest<16>(key)) {
        state_ = state_ * 257 + byte;
    }
}

std::uint64_t Dice::next() noexcept {
    state_ += 0x9e3779b97f4a7c15ULL;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31U);
}

std::uint64_t Dice::below(std::uint64_t bound) noexcept {
    assert(bound != 0);
    // The bias of the remainder is below bound / 2^64: nothing beside what is invented anyway.
    return next() % bound;
}

std::string_view first_name(Dice& dice) noexcept {
    return dice.pick(first_names);
}
std::string_view last_name(Dice& dice) noexcept {
    return dice.pick(last_names);
}

std::string phone_number(PhoneBlock block, std::uint32_t index) {
    assert(index < phones_per_block);
    std::array<char, 16> text{};
    (void)std::snprintf(text.data(), text.size(), "+888%02u%09u", block == PhoneBlock::benchmarks ? 37U : 96U, index);
    return text.data();
}

std::string license_number(LicenseSeries series, std::uint32_t index, Dice& dice) {
    constexpr std::array<std::array<const char*, 3>, 3> letters{
        {{"TC", "tc", "ТС"}, {"TB", "tb", "ТВ"}, {"TX", "tx", "ТХ"}}};
    const auto& series_letters = letters.at(static_cast<std::size_t>(series));
    const auto draw = dice.below(100);
    const char* prefix = draw == 0 ? series_letters[2] : draw < 5 ? series_letters[1] : series_letters[0];
    const char* pattern = draw < 20 ? "%s%04u-%04u" : draw < 40 ? "%s %04u %04u" : "%s%04u%04u";
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), pattern, prefix, index / 10'000U % 10'000U, index % 10'000U);
    return text.data();
}

}  // namespace twinfleet::sample_fleets

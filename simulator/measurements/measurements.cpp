#include "simulator/measurements/measurements.hpp"

#include <numeric>

namespace twinfleet::simulator {
namespace {

using Counts = std::map<std::string, std::uint64_t>;

std::uint64_t sum(const Counts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                           [](std::uint64_t total, const auto& entry) { return total + entry.second; });
}

void add(Counts& to, const Counts& from) {
    for (const auto& [key, count] : from) {
        to[key] += count;
    }
}

void add(CheckFigures& to, const CheckFigures& from) {
    to.made += from.made;
    to.failed += from.failed;
}

}  // namespace

std::uint64_t OperationFigures::error_count() const {
    return sum(errors);
}

void Measurements::answered(Operation operation, Instant due, Instant sent, Instant now, const std::string& error) {
    auto& figures = operations.at(index_of(operation));
    figures.from_due.record(now - due);
    figures.from_sent.record(now - sent);
    if (!error.empty()) {
        ++figures.errors[error];
    }
}

void Measurements::checked(Check check, bool has_passed, const std::string& example) {
    auto& figures = checks.at(index_of(check));
    ++figures.made;
    if (!has_passed) {
        ++figures.failed;
        if (examples.size() < examples_max) {
            examples.push_back(std::string(check_names.at(index_of(check))) + ": " + example);
        }
    }
}

void Measurements::merge(const Measurements& other) {
    for (std::size_t index = 0; index < operations.size(); ++index) {
        operations.at(index).from_due.merge(other.operations.at(index).from_due);
        operations.at(index).from_sent.merge(other.operations.at(index).from_sent);
        add(operations.at(index).errors, other.operations.at(index).errors);
    }
    for (std::size_t index = 0; index < checks.size(); ++index) {
        add(checks.at(index), other.checks.at(index));
    }
    for (const auto& example : other.examples) {
        if (examples.size() < examples_max) {
            examples.push_back(example);
        }
    }
    add(promises, other.promises);
    promised.merge(other.promised);
    ready.merge(other.ready);
    lateness.merge(other.lateness);
    positions_sent += other.positions_sent;
    positions_accepted += other.positions_accepted;
    positions_rejected += other.positions_rejected;
    logged_in += other.logged_in;
    add(given_up, other.given_up);
    used_tracks += other.used_tracks;
}

std::uint64_t Measurements::requests() const {
    std::uint64_t count = 0;
    for (std::size_t index = 0; index < operations.size(); ++index) {
        count += index == index_of(Operation::code) ? 0 : operations.at(index).from_sent.count();
    }
    return count;
}

std::uint64_t Measurements::errors() const {
    return std::accumulate(operations.begin(), operations.end(), std::uint64_t{0},
                           [](std::uint64_t total, const auto& figures) { return total + figures.error_count(); });
}

std::uint64_t Measurements::failed_checks() const {
    return std::accumulate(checks.begin(), checks.end(), std::uint64_t{0},
                           [](std::uint64_t total, const auto& figures) { return total + figures.failed; });
}

CheckFigures Measurements::independence() const {
    CheckFigures total;
    for (std::size_t index = 0; index < independence_checks; ++index) {
        add(total, checks.at(index));
    }
    return total;
}

std::uint64_t Measurements::given_up_count() const {
    return sum(given_up);
}

}  // namespace twinfleet::simulator

#include "benchmarks/api/report.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace twinfleet::benchmarks {
namespace {

std::string line(const Row& row) {
    return "| " + row.what + " | " + row.measured + " | " + row.plain + " | " + row.to_reach + " | " +
           (row.is_reached ? "yes" : "no") + " |";
}

}  // namespace

void Report::add(Row row) {
    std::fprintf(stderr, "  %s\n", line(row).c_str());
    rows_.push_back(std::move(row));
}

void Report::leave_out(std::string sentence) {
    std::fprintf(stderr, "  %s\n", sentence.c_str());
    left_out_.push_back(std::move(sentence));
}

void Report::print() const {
    std::printf("\n| | measured | bare Beast | to reach | reached |\n|---|---:|---:|---:|---|\n");
    for (const Row& row : rows_) {
        std::printf("%s\n", line(row).c_str());
    }
    for (const std::string& sentence : left_out_) {
        std::printf("\n%s\n", sentence.c_str());
    }
}

std::string whole(double figure) {
    std::string digits = std::to_string(std::llround(figure));
    for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
        digits.insert(static_cast<std::size_t>(place), ",");
    }
    return digits;
}

std::string decimal(double figure) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.2f", figure);
    return text.data();
}

std::string failed(std::size_t failures) {
    return failures == 0 ? std::string() : " (" + std::to_string(failures) + " failed)";
}

}  // namespace twinfleet::benchmarks

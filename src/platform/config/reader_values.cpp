// Single values of a file, by type: whether what stands there is one, and what to say when it is not.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "platform/config/reader.hpp"
#include "platform/config/reader_state.hpp"
#include "platform/config/scalar.hpp"
#include "platform/config/text.hpp"

namespace twinfleet::config {

namespace {

using detail::as_boolean;
using detail::as_integer;
using detail::as_real;
using detail::describe;
using detail::is_text;
using detail::is_typed;
using detail::Node;

std::string number_text(double number) {
    std::array<char, 32> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return {buffer.data(), result.ptr};
}

std::string number_text(std::int64_t number) {
    return std::to_string(number);
}

template <typename T>
std::string range_text(T min, T max, T lowest, T highest) {
    const bool has_min = min != lowest;
    const bool has_max = max != highest;
    if (has_min && has_max) {
        return " from " + number_text(min) + " to " + number_text(max);
    }
    if (has_min) {
        return " of at least " + number_text(min);
    }
    return has_max ? " of at most " + number_text(max) : "";
}

struct Unit {
    std::string_view suffix;
    std::string_view name;
    double seconds;
};

const Unit& unit_of(std::string_view key) {
    static constexpr std::array<Unit, 6> units = {{{"_us", "microseconds", 1e-6},
                                                   {"_ms", "milliseconds", 1e-3},
                                                   {"_s", "seconds", 1},
                                                   {"_min", "minutes", 60},
                                                   {"_h", "hours", 3'600},
                                                   {"_d", "days", 86'400}}};
    for (const Unit& unit : units) {
        if (key.ends_with(unit.suffix)) {
            return unit;
        }
    }
    throw std::logic_error("the key of a duration must end in its unit: " + std::string(key));
}

}  // namespace

std::optional<bool> Reader::read_boolean(std::string_view key, bool needed) {
    const auto found = locate(key, needed, "true or false");
    if (found.node == nullptr) {
        return std::nullopt;
    }
    auto value = is_typed(*found.node) ? as_boolean(found.node->text) : std::nullopt;
    if (!value) {
        state_->problems.push_back(found.problem("expected true or false, found " + describe(*found.node)));
    }
    return value;
}

std::optional<std::int64_t> Reader::read_integer(std::string_view key, bool needed, std::int64_t min,
                                                 std::int64_t max) {
    using Limits = std::numeric_limits<std::int64_t>;
    const std::string expected = "a whole number" + range_text(min, max, Limits::lowest(), Limits::max());
    const auto found = locate(key, needed, expected);
    if (found.node == nullptr) {
        return std::nullopt;
    }
    const auto value = is_typed(*found.node) ? as_integer(found.node->text) : std::nullopt;
    if (!value || *value < min || *value > max) {
        state_->problems.push_back(found.problem("expected " + expected + ", found " + describe(*found.node)));
        return std::nullopt;
    }
    return value;
}

std::optional<double> Reader::read_real(std::string_view key, bool needed, double min, double max) {
    using Limits = std::numeric_limits<double>;
    const std::string expected = "a number" + range_text(min, max, Limits::lowest(), Limits::max());
    const auto found = locate(key, needed, expected);
    if (found.node == nullptr) {
        return std::nullopt;
    }
    const auto value = is_typed(*found.node) ? as_real(found.node->text) : std::nullopt;
    if (!value || *value < min || *value > max) {
        state_->problems.push_back(found.problem("expected " + expected + ", found " + describe(*found.node)));
        return std::nullopt;
    }
    return value;
}

std::optional<std::int64_t> Reader::read_duration(std::string_view key, bool needed, Tick tick, std::int64_t min,
                                                  std::int64_t max) {
    const Unit& unit = unit_of(key.empty() ? std::string_view(path_) : key);
    const double ticks_per_unit =
        unit.seconds * static_cast<double>(tick.denominator) / static_cast<double>(tick.numerator);
    // Above this a double no longer holds every whole number.
    constexpr double exact_max = 9'007'199'254'740'992.0;
    const double highest = std::min(static_cast<double>(max), exact_max);
    const std::string expected = "a number of " + std::string(unit.name) +
                                 range_text(static_cast<double>(min) / ticks_per_unit, highest / ticks_per_unit,
                                            -exact_max / ticks_per_unit, exact_max / ticks_per_unit);
    const auto found = locate(key, needed, expected);
    if (found.node == nullptr) {
        return std::nullopt;
    }
    const auto value = is_typed(*found.node) ? as_real(found.node->text) : std::nullopt;
    const double ticks = value.value_or(0) * ticks_per_unit;
    if (!value || ticks < static_cast<double>(min) - 0.5 || ticks > highest + 0.5) {
        state_->problems.push_back(found.problem("expected " + expected + ", found " + describe(*found.node)));
        return std::nullopt;
    }
    if (std::abs(ticks - std::round(ticks)) > 1e-9 * std::max(1.0, std::abs(ticks))) {
        state_->problems.push_back(found.problem("expected a multiple of " + number_text(1 / ticks_per_unit) + " " +
                                                 std::string(unit.name) + ", found " + describe(*found.node)));
        return std::nullopt;
    }
    return static_cast<std::int64_t>(std::round(ticks));
}

std::optional<std::string> Reader::read_text(std::string_view key, bool needed, bool secret) {
    const auto found = locate(key, needed, "a text");
    if (found.node == nullptr) {
        return std::nullopt;
    }
    if (!is_text(*found.node)) {
        const bool mendable = found.node->kind == Node::Kind::plain;
        state_->problems.push_back(found.problem("expected a text, found " + describe(*found.node, secret) +
                                                 (mendable ? " (in quotes it would be a text)" : "")));
        return std::nullopt;
    }
    return found.node->text;
}

std::optional<std::vector<std::string>> Reader::read_texts(std::string_view key, bool needed) {
    const auto found = locate(key, needed, "a list of texts");
    if (found.node == nullptr) {
        return std::nullopt;
    }
    if (found.node->kind != Node::Kind::list) {
        state_->problems.push_back(found.problem("expected a list of texts, found " + describe(*found.node)));
        return std::nullopt;
    }
    std::vector<std::string> texts;
    texts.reserve(found.node->items.size());
    bool good = true;
    for (std::size_t i = 0; i < found.node->items.size(); ++i) {
        const Node& item = *found.node->items[i];
        if (is_text(item)) {
            texts.push_back(item.text);
            continue;
        }
        good = false;
        const bool mendable = item.kind == Node::Kind::plain;
        state_->problems.push_back(
            {found.source, item.line, detail::item_path(found.path, i),
             "expected a text, found " + describe(item) + (mendable ? " (in quotes it would be a text)" : "")});
    }
    return good ? std::optional(std::move(texts)) : std::nullopt;
}

std::optional<std::map<std::string, std::string>> Reader::read_text_map(std::string_view key, bool needed) {
    const auto found = locate(key, needed, "a map of texts");
    if (found.node == nullptr) {
        return std::nullopt;
    }
    if (found.node->kind != Node::Kind::map && found.node->kind != Node::Kind::null) {
        state_->problems.push_back(found.problem("expected a map of texts, found " + describe(*found.node)));
        return std::nullopt;
    }
    std::map<std::string, std::string> texts;
    bool good = true;
    auto& known = state_->known[found.path];
    for (const Node::Entry& entry : found.node->entries) {
        known.insert(entry.key);
        const Node& value = *entry.value;
        if (is_text(value)) {
            texts.emplace(entry.key, value.text);
            continue;
        }
        good = false;
        const bool mendable = value.kind == Node::Kind::plain;
        state_->problems.push_back(
            {found.source, entry.line, detail::child_path(found.path, entry.key),
             "expected a text, found " + describe(value) + (mendable ? " (in quotes it would be a text)" : "")});
    }
    return good ? std::optional(std::move(texts)) : std::nullopt;
}

std::optional<std::size_t> Reader::read_choice(std::string_view key, bool needed,
                                               const std::vector<std::string_view>& names) {
    std::string expected = "one of ";
    for (std::size_t i = 0; i < names.size(); ++i) {
        expected.append(i == 0 ? "" : ", ").append(names[i]);
    }
    const auto found = locate(key, needed, expected);
    if (found.node == nullptr) {
        return std::nullopt;
    }
    // A name may look like another type (`true` is the name of a predicate): the list of names leaves no doubt.
    const bool scalar = is_typed(*found.node) || found.node->kind == Node::Kind::quoted;
    const auto name = scalar ? std::find(names.begin(), names.end(), found.node->text) : names.end();
    if (name == names.end()) {
        state_->problems.push_back(found.problem("expected " + expected + ", found " + describe(*found.node)));
        return std::nullopt;
    }
    return static_cast<std::size_t>(name - names.begin());
}

std::string Reader::secret(std::string_view key, std::string fallback) {
    const auto value = read_text(key, false, true);
    const auto found = locate(key, false, "");
    if (value && holds_secret(*value) && found.node->kind != Node::Kind::environment) {
        state_->secrets.push_back(found.problem(""));
    }
    return value.value_or(std::move(fallback));
}

void Reader::refuse_secrets_in_file(const std::string& message) {
    for (Problem problem : state_->secrets) {
        problem.message = message;
        state_->problems.push_back(std::move(problem));
    }
}

bool holds_secret(std::string_view value) {
    // libpq allows blanks around the sign.
    std::string packed;
    std::remove_copy_if(value.begin(), value.end(), std::back_inserter(packed), [](char c) { return c == ' '; });
    const bool has_password = packed.find("password=") != std::string::npos;
    if (const auto scheme = value.find("://"); scheme != std::string_view::npos) {
        const auto begin = scheme + 3;
        // A password may hold a slash that nobody has encoded.
        const auto at = value.rfind('@');
        const bool has_user_with_password = at != std::string_view::npos && at > begin &&
                                            value.substr(begin, at - begin).find(':') != std::string_view::npos;
        return has_password || has_user_with_password;
    }
    for (const std::string_view word : {"host=", "hostaddr=", "dbname=", "user=", "service="}) {
        if (value.starts_with(word) || value.find(' ' + std::string(word)) != std::string_view::npos) {
            return has_password;
        }
    }
    return !value.empty();
}

}  // namespace twinfleet::config

#include "platform/config/reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <stdexcept>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "platform/config/document.hpp"
#include "platform/config/text.hpp"

namespace twinfleet::config {

namespace detail {

struct State {
    struct Given {
        std::string variable;
        Node node;
        bool asked_for = false;
    };

    std::string file_name;
    std::shared_ptr<const Node> root;
    std::vector<Problem> problems;
    /// Keys that were asked for, by the path of each map that was looked into.
    std::unordered_map<std::string, std::set<std::string, std::less<>>> known;
    /// By path of the key.
    std::map<std::string, Given, std::less<>> given;
};

}  // namespace detail

namespace {

using detail::Node;

constexpr std::size_t problems_shown_max = 50;

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_sign(std::string_view text) {
    return !text.empty() && (text.front() == '-' || text.front() == '+') ? text.substr(1) : text;
}

/// YAML 1.2.2, section 10.3.2: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
    text = without_sign(text);
    if (const auto exponent = text.find_first_of("eE"); exponent != std::string_view::npos) {
        if (!all_digits(without_sign(text.substr(exponent + 1)))) {
            return false;
        }
        text = text.substr(0, exponent);
    }
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    return (all_digits(whole) && (fraction.empty() || all_digits(fraction))) || (whole.empty() && all_digits(fraction));
}

/// Also the forms of a number that are not accepted as one here: 0x1f, 0o17, .inf, .nan.
bool looks_like_number(std::string_view text) {
    if (is_decimal(text)) {
        return true;
    }
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
        return text.substr(2).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    }
    static constexpr std::array<std::string_view, 6> words = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
    return std::find(words.begin(), words.end(), without_sign(text)) != words.end();
}

std::optional<bool> as_boolean(std::string_view text) {
    if (text == "true" || text == "True" || text == "TRUE") {
        return true;
    }
    if (text == "false" || text == "False" || text == "FALSE") {
        return false;
    }
    return std::nullopt;
}

std::optional<std::int64_t> as_integer(std::string_view text) {
    const auto digits = without_sign(text);
    // With a leading zero YAML 1.1 and 1.2 do not agree on what it is.
    if (!all_digits(digits) || (digits.size() > 1 && digits.front() == '0')) {
        return std::nullopt;
    }
    if (text.front() == '+') {
        text.remove_prefix(1);
    }
    std::int64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<double> as_real(std::string_view text) {
    if (!is_decimal(text)) {
        return std::nullopt;
    }
    if (text.front() == '+') {
        text.remove_prefix(1);
    }
    double number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

bool is_typed(const Node& node) {
    return node.kind == Node::Kind::plain || node.kind == Node::Kind::environment;
}

/// Whether the node is a text. A plain scalar that YAML would take for something else is not.
bool is_text(const Node& node) {
    switch (node.kind) {
        case Node::Kind::quoted:
        case Node::Kind::environment:
            return true;
        case Node::Kind::plain:
            return !as_boolean(node.text) && !looks_like_number(node.text);
        default:
            return false;
    }
}

std::string describe(const Node& node, bool secret = false) {
    switch (node.kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::list:
            return "a list";
        case Node::Kind::map:
            return "a section";
        case Node::Kind::plain:
            if (as_boolean(node.text)) {
                return node.text;
            }
            if (looks_like_number(node.text)) {
                return secret ? "a number" : "the number " + node.text.substr(0, 40);
            }
            [[fallthrough]];
        default:
            return secret ? "a text" : detail::shown(node.text);
    }
}

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

std::string unknown_key(std::string_view key, const std::set<std::string, std::less<>>& known) {
    const std::string* nearest = nullptr;
    std::size_t nearest_distance = std::max<std::size_t>(2, key.size() / 3) + 1;
    if (key.size() <= 100) {
        for (const std::string& candidate : known) {
            const std::size_t distance = detail::edit_distance(key, candidate);
            if (distance < nearest_distance && distance < candidate.size()) {
                nearest = &candidate;
                nearest_distance = distance;
            }
        }
    }
    return nearest == nullptr ? "unknown key" : "unknown key; did you mean \"" + *nearest + "\"?";
}

void find_unknown_keys(const detail::State& state, const Node& node, const std::string& path,
                       std::vector<Problem>& problems) {
    if (node.kind == Node::Kind::list) {
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            const Node& item = *node.items[i];
            if (item.kind == Node::Kind::map || item.kind == Node::Kind::list) {
                find_unknown_keys(state, item, detail::item_path(path, i), problems);
            }
        }
        return;
    }
    const auto known = state.known.find(path);
    if (known == state.known.end()) {
        return;
    }
    for (const Node::Entry& entry : node.entries) {
        const std::string entry_path = detail::child_path(path, entry.key);
        if (known->second.contains(entry.key)) {
            find_unknown_keys(state, *entry.value, entry_path, problems);
        } else {
            problems.push_back({state.file_name, entry.line, entry_path, unknown_key(entry.key, known->second)});
        }
    }
}

}  // namespace

Environment process_environment() {
    return [](const std::string& variable) -> std::optional<std::string> {
        const char* const value = std::getenv(variable.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

std::string read_file(const std::filesystem::path& path) {
    const auto refuse = [&path](const std::string& found) -> Error {
        return Error({Problem{path.string(), 0, "", found}});
    };
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    if (!std::filesystem::exists(status)) {
        throw refuse("expected a file, found none");
    }
    if (std::filesystem::is_directory(status)) {
        throw refuse("expected a file, found a directory");
    }
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    std::string text(file_bytes_max + 1, '\0');
    if (!stream.read(text.data(), static_cast<std::streamsize>(text.size())) && !stream.eof()) {
        throw refuse("expected a file that can be read (" + std::generic_category().message(errno) + ")");
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > file_bytes_max) {
        throw refuse("expected at most " + std::to_string(file_bytes_max) + " bytes, found more");
    }
    return text;
}

/// What a key holds, and where.
struct Reader::Found {
    /// nullptr: nothing to read; if that is a problem, it is noted.
    const Node* node = nullptr;
    std::string path;
    std::size_t line = 0;
    std::string source;

    [[nodiscard]] Problem problem(std::string message) const { return {source, line, path, std::move(message)}; }
};

Reader Reader::from_text(std::string_view text, std::string file_name, std::vector<Override> overrides,
                         const Environment& environment) {
    if (text.size() > file_bytes_max) {
        throw Error({Problem{std::move(file_name), 0, "",
                             "expected at most " + std::to_string(file_bytes_max) + " bytes, found more"}});
    }
    auto state = std::make_shared<detail::State>();
    auto document = detail::parse_document(text, file_name);
    state->file_name = std::move(file_name);
    state->root = std::move(document.root);
    state->problems = std::move(document.problems);
    state->known[""];
    for (Override& replacement : overrides) {
        const auto value = environment(replacement.variable);
        if (value && !value->empty()) {
            Node node;
            node.kind = Node::Kind::environment;
            node.text = *value;
            state->given[replacement.key] = {std::move(replacement.variable), std::move(node), false};
        }
    }
    const Node* root = state->root.get();
    return {std::move(state), root, "", 1};
}

Reader Reader::from_file(const std::filesystem::path& path, std::vector<Override> overrides,
                         const Environment& environment) {
    return from_text(read_file(path), path.string(), std::move(overrides), environment);
}

std::string Reader::path_of(std::string_view key) const {
    return key.empty() ? path_ : detail::child_path(path_, key);
}

void Reader::open_map(bool needed) {
    if (node_ == nullptr) {
        if (needed) {
            state_->problems.push_back({state_->file_name, line_, path_, "expected a section, found nothing"});
            refused_ = true;
        }
        return;
    }
    if (node_->kind != Node::Kind::map && node_->kind != Node::Kind::null) {
        state_->problems.push_back(
            {state_->file_name, line_, path_, "expected a section, found " + describe(*node_, true)});
        node_ = nullptr;
        refused_ = true;
    }
    state_->known[path_];
}

Reader::Found Reader::locate(std::string_view key, bool needed, std::string_view expected) {
    Found found{nullptr, path_of(key), line_, state_->file_name};
    if (!key.empty()) {
        state_->known[path_].emplace(key);
        if (node_ != nullptr) {
            // A value where a section should be.
            open_map(false);
        }
    }
    if (const auto given = state_->given.find(found.path); given != state_->given.end()) {
        given->second.asked_for = true;
        found.node = &given->second.node;
        found.line = 0;
        found.source = "environment variable " + given->second.variable;
        return found;
    }
    if (key.empty()) {
        found.node = node_;
    } else if (node_ != nullptr) {
        if (const auto* entry = node_->find(key)) {
            found.node = entry->value.get();
            found.line = entry->line;
        }
    }
    if (found.node == nullptr && needed && !refused_) {
        state_->problems.push_back(found.problem("expected " + std::string(expected) + ", found nothing"));
    }
    return found;
}

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
    return read_text(key, false, true).value_or(std::move(fallback));
}

Reader Reader::at(std::string_view key) {
    const auto found = locate(key, false, "");
    Reader place(state_, found.node, found.path, found.line);
    if (found.node != nullptr && found.node->kind == Node::Kind::map) {
        // So that finish() finds what nobody reads in it.
        state_->known[place.path_];
    }
    return place;
}

Reader Reader::section(std::string_view key) {
    Reader place = at(key);
    place.open_map(false);
    return place;
}

Reader Reader::required_section(std::string_view key) {
    Reader place = at(key);
    place.open_map(true);
    return place;
}

std::vector<Reader> Reader::items(std::string_view key) {
    const auto found = locate(key, false, "");
    std::vector<Reader> places;
    if (found.node == nullptr) {
        return places;
    }
    if (found.node->kind != Node::Kind::list) {
        state_->problems.push_back(found.problem("expected a list, found " + describe(*found.node, true)));
        return places;
    }
    for (std::size_t i = 0; i < found.node->items.size(); ++i) {
        const Node& item = *found.node->items[i];
        Reader place(state_, &item, detail::item_path(found.path, i), item.line);
        if (item.kind == Node::Kind::map) {
            state_->known[place.path_];
        }
        places.push_back(std::move(place));
    }
    return places;
}

std::vector<std::pair<std::string, Reader>> Reader::entries() {
    open_map(false);
    std::vector<std::pair<std::string, Reader>> places;
    if (node_ != nullptr) {
        for (const Node::Entry& entry : node_->entries) {
            places.emplace_back(entry.key, at(entry.key));
        }
    }
    return places;
}

bool Reader::has(std::string_view key) const {
    return state_->given.contains(path_of(key)) || (node_ != nullptr && node_->find(key) != nullptr);
}

bool Reader::empty() const noexcept {
    return node_ == nullptr || (node_->entries.empty() && node_->items.empty() && node_->text.empty());
}

void Reader::refuse(std::string_view key, std::string message) {
    Problem problem{state_->file_name, line_, path_of(key), std::move(message)};
    if (const auto given = state_->given.find(problem.key); given != state_->given.end()) {
        problem.source = "environment variable " + given->second.variable;
        problem.line = 0;
    } else if (const auto* entry = node_ == nullptr || key.empty() ? nullptr : node_->find(key)) {
        problem.line = entry->line;
    }
    state_->problems.push_back(std::move(problem));
}

void Reader::allow(std::string_view key) {
    state_->known[path_].emplace(key);
}

void Reader::finish() {
    find_unknown_keys(*state_, *state_->root, "", state_->problems);
    for (const auto& [path, given] : state_->given) {
        if (!given.asked_for) {
            state_->problems.push_back({"environment variable " + given.variable, 0, path, "unknown key"});
        }
    }
    if (state_->problems.empty()) {
        return;
    }
    std::vector<Problem> problems;
    std::unordered_set<std::string> texts;
    for (Problem& problem : state_->problems) {
        // A program may read a key twice.
        if (texts.insert(problem.text()).second) {
            problems.push_back(std::move(problem));
        }
    }
    std::stable_sort(problems.begin(), problems.end(),
                     [](const Problem& left, const Problem& right) { return left.line < right.line; });
    if (problems.size() > problems_shown_max) {
        const std::size_t hidden = problems.size() - problems_shown_max;
        problems.resize(problems_shown_max);
        problems.push_back({state_->file_name, 0, "", "and " + std::to_string(hidden) + " more problems"});
    }
    state_->problems.clear();
    throw Error(std::move(problems));
}

std::size_t Reader::problem_count() const noexcept {
    return state_->problems.size();
}

}  // namespace twinfleet::config

// Places of a file, and the problems that are noted there. Single values: reader_values.cpp.
#include "platform/config/reader.hpp"

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "platform/config/reader_state.hpp"
#include "platform/config/scalar.hpp"
#include "platform/config/text.hpp"
#include "platform/config/unknown_keys.hpp"

namespace twinfleet::config {

namespace {

constexpr std::size_t problems_shown_max = 50;

/// What the environment gives for a key; nullopt when it gives nothing. Changes `replacement.variable` to the name of
/// the variable that gave it.
std::optional<std::string> value_of(Override& replacement, const Environment& environment,
                                    std::vector<Problem>& problems) {
    const auto set = [&](const std::string& name) {
        auto value = environment(name);
        return value && !value->empty() ? value : std::nullopt;
    };
    auto value = set(replacement.variable);
    const std::string file_variable = replacement.variable + "_FILE";
    const auto file = replacement.is_secret ? set(file_variable) : std::nullopt;
    if (!file) {
        return value;
    }
    if (value) {
        problems.push_back({"environment variable " + file_variable, 0, replacement.key,
                            "expected either this variable or " + replacement.variable + ", found both"});
        return value;
    }
    replacement.variable = file_variable;
    try {
        std::string text = read_secret_file(*file);
        for (const char end : {'\n', '\r'}) {
            if (text.ends_with(end)) {
                text.pop_back();
            }
        }
        if (!text.empty()) {
            return text;
        }
        problems.push_back({"environment variable " + file_variable, 0, replacement.key,
                            "expected a file that holds the value, found an empty one"});
    } catch (const Error& error) {
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
    return std::nullopt;
}

}  // namespace

Environment process_environment() {
    return [](const std::string& variable) -> std::optional<std::string> {
        const char* const value = std::getenv(variable.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

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
        if (auto value = value_of(replacement, environment, state->problems)) {
            detail::Node node;
            node.kind = detail::Node::Kind::environment;
            node.text = *std::move(value);
            state->given[replacement.key] = {std::move(replacement.variable), std::move(node), false};
        }
    }
    const detail::Node* root = state->root.get();
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
    if (node_->kind != detail::Node::Kind::map && node_->kind != detail::Node::Kind::null) {
        state_->problems.push_back(
            {state_->file_name, line_, path_, "expected a section, found " + detail::describe(*node_, true)});
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

Reader Reader::at(std::string_view key) {
    const auto found = locate(key, false, "");
    Reader place(state_, found.node, found.path, found.line);
    if (found.node != nullptr && found.node->kind == detail::Node::Kind::map) {
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
    if (found.node->kind != detail::Node::Kind::list) {
        state_->problems.push_back(found.problem("expected a list, found " + detail::describe(*found.node, true)));
        return places;
    }
    for (std::size_t i = 0; i < found.node->items.size(); ++i) {
        const detail::Node& item = *found.node->items[i];
        Reader place(state_, &item, detail::item_path(found.path, i), item.line);
        if (item.kind == detail::Node::Kind::map) {
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
        for (const detail::Node::Entry& entry : node_->entries) {
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
    for (Problem& problem : detail::unknown_keys(*state_)) {
        state_->problems.push_back(std::move(problem));
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

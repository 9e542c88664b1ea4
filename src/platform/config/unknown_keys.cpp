#include "platform/config/unknown_keys.hpp"

#include <algorithm>

#include "platform/config/text.hpp"

namespace twinfleet::config::detail {

namespace {

std::string unknown_key(std::string_view key, const std::set<std::string, std::less<>>& known) {
    const std::string* nearest = nullptr;
    std::size_t nearest_distance = std::max<std::size_t>(2, key.size() / 3) + 1;
    if (key.size() <= 100) {
        for (const std::string& candidate : known) {
            const std::size_t distance = edit_distance(key, candidate);
            if (distance < nearest_distance && distance < candidate.size()) {
                nearest = &candidate;
                nearest_distance = distance;
            }
        }
    }
    return nearest == nullptr ? "unknown key" : "unknown key; did you mean \"" + *nearest + "\"?";
}

void find_unknown_keys(const State& state, const Node& node, const std::string& path, std::vector<Problem>& problems) {
    if (node.kind == Node::Kind::list) {
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            const Node& item = *node.items[i];
            if (item.kind == Node::Kind::map || item.kind == Node::Kind::list) {
                find_unknown_keys(state, item, item_path(path, i), problems);
            }
        }
        return;
    }
    const auto known = state.known.find(path);
    if (known == state.known.end()) {
        return;
    }
    for (const Node::Entry& entry : node.entries) {
        const std::string entry_path = child_path(path, entry.key);
        if (known->second.contains(entry.key)) {
            find_unknown_keys(state, *entry.value, entry_path, problems);
        } else {
            problems.push_back({state.file_name, entry.line, entry_path, unknown_key(entry.key, known->second)});
        }
    }
}

}  // namespace

std::vector<Problem> unknown_keys(const State& state) {
    std::vector<Problem> problems;
    find_unknown_keys(state, *state.root, "", problems);
    for (const auto& [path, given] : state.given) {
        if (!given.asked_for) {
            problems.push_back({"environment variable " + given.variable, 0, path, "unknown key"});
        }
    }
    return problems;
}

}  // namespace twinfleet::config::detail

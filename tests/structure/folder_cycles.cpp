#include "tests/structure/folder_cycles.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

namespace twinfleet::structure {
namespace {

/// By part, those that it uses, each with the first include that was seen.
using Uses = std::map<std::string, std::map<std::string, Include>>;

/// nullopt for what does not lie below the folder.
std::optional<std::string> part_of(const std::string& path, const std::string& folder) {
    if (!path.starts_with(folder + "/")) {
        return std::nullopt;
    }
    const std::string rest = path.substr(folder.size() + 1);
    const auto end = rest.find('/');
    return end == std::string::npos ? "." : rest.substr(0, end);
}

Uses uses_among_parts(const std::string& folder, const std::vector<Include>& includes) {
    Uses uses;
    for (const Include& include : includes) {
        const auto from = part_of(include.file, folder);
        const auto to = part_of(include.included, folder);
        if (from && to && *from != *to) {
            uses[*from].emplace(*to, include);
        }
    }
    return uses;
}

/// The parts on a shortest way from `start` back to it, `start` first and last; empty when there is none.
std::vector<std::string> way_round(const Uses& uses, const std::string& start) {
    std::map<std::string, std::string> reached_from;
    std::deque<std::string> next{start};
    while (!next.empty()) {
        const std::string part = next.front();
        next.pop_front();
        const auto used = uses.find(part);
        if (used == uses.end()) {
            continue;
        }
        for (const auto& [other, include] : used->second) {
            if (other == start) {
                std::vector<std::string> way{start};
                for (std::string at = part; at != start; at = reached_from.at(at)) {
                    way.push_back(at);
                }
                way.push_back(start);
                std::reverse(way.begin(), way.end());
                return way;
            }
            if (reached_from.emplace(other, part).second) {
                next.push_back(other);
            }
        }
    }
    return {};
}

std::string told(const std::string& folder, const std::vector<std::string>& way, const Uses& uses) {
    std::string text = folder + ": " + way.front();
    std::string edges;
    for (std::size_t i = 1; i < way.size(); ++i) {
        const Include& include = uses.at(way[i - 1]).at(way[i]);
        text += " -> " + way[i];
        edges += "\n    " + way[i - 1] + " -> " + way[i] + ": " + include.file + " includes " + include.included;
    }
    return text + edges;
}

}  // namespace

std::vector<std::string> cycles_in(const std::string& folder, const std::vector<Include>& includes) {
    const Uses uses = uses_among_parts(folder, includes);
    std::vector<std::string> cycles;
    std::set<std::string> told_of;
    for (const auto& [part, used] : uses) {
        if (told_of.contains(part)) {
            continue;
        }
        if (const auto way = way_round(uses, part); !way.empty()) {
            told_of.insert(way.begin(), way.end());
            cycles.push_back(told(folder, way, uses));
        }
    }
    return cycles;
}

std::vector<std::string> folders_of(const std::vector<Include>& includes) {
    std::set<std::string> folders;
    for (const Include& include : includes) {
        for (auto end = include.file.find('/'); end != std::string::npos; end = include.file.find('/', end + 1)) {
            folders.insert(include.file.substr(0, end));
        }
    }
    return {folders.begin(), folders.end()};
}

}  // namespace twinfleet::structure

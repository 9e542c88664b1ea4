#include "domain/grant.hpp"

#include <algorithm>

namespace twinfleet::domain {
namespace {

// By Subject, then Action.
constexpr std::array<std::string_view, 2 * subject_count> names{
    "cars_edit",     "cars_view",     "drivers_edit", "drivers_view",    "groups_edit",
    "groups_view",   "orders_edit",   "orders_view",  "parks_edit",      "parks_view",
    "payments_edit", "payments_view", "photos_edit",  "photos_view",     "reports_edit",
    "reports_view",  "users_edit",    "users_view",   "work_rules_edit", "work_rules_view",
};
static_assert(std::is_sorted(names.begin(), names.end()));

constexpr std::size_t position(Grant grant) {
    return 2 * static_cast<std::size_t>(grant.subject) + static_cast<std::size_t>(grant.action);
}

constexpr Grant grant_at(std::size_t position) {
    return {static_cast<Subject>(position / 2), static_cast<Action>(position % 2)};
}

}  // namespace

std::string_view name_of(Grant grant) {
    return names[position(grant)];
}

std::optional<Grant> parse_grant(std::string_view name) {
    const auto found = std::ranges::lower_bound(names, name);
    if (found == names.end() || *found != name) {
        return std::nullopt;
    }
    return grant_at(static_cast<std::size_t>(found - names.begin()));
}

const std::array<Grant, 2 * subject_count>& all_grants() {
    static constexpr auto all = [] {
        std::array<Grant, 2 * subject_count> grants{};
        for (std::size_t i = 0; i < grants.size(); ++i) {
            grants[i] = grant_at(i);
        }
        return grants;
    }();
    return all;
}

GrantSet GrantSet::read_only() const {
    GrantSet projected;
    for (const Grant grant : all_grants()) {
        if (contains(grant)) {
            projected.add({grant.subject, Action::view});
        }
    }
    return projected;
}

std::vector<std::string_view> GrantSet::names() const {
    std::vector<std::string_view> held;
    for (const Grant grant : all_grants()) {
        if (contains(grant)) {
            held.push_back(name_of(grant));
        }
    }
    return held;
}

std::string joined_names(const GrantSet& grants) {
    std::string text;
    for (const std::string_view name : grants.names()) {
        text.append(text.empty() ? "" : ",").append(name);
    }
    return text;
}

GrantSet parse_joined_names(std::string_view text) {
    GrantSet grants;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        if (const auto grant = parse_grant(text.substr(0, end))) {
            grants.add(*grant);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return grants;
}

}  // namespace twinfleet::domain

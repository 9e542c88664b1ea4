#include "capabilities/mirroring/memory/links/link_reader_postgres.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "domain/app_family.hpp"
#include "platform/postgres/array_literal.hpp"

namespace twinfleet::mirroring {
namespace {

postgres::Settings with_session_options(postgres::Settings settings, std::size_t connections) {
    settings.connections_max = connections;
    settings.session_options = PostgresLinkLookup::session_options;
    settings.reads_only = true;
    return settings;
}

/// Where each id stands among those that were asked for; one may stand several times.
class Positions {
public:
    explicit Positions(std::span<const std::string> ids) : next_(ids.size(), none) {
        first_.reserve(ids.size());
        for (std::size_t i = ids.size(); i-- > 0;) {
            const auto [known, is_new] = first_.try_emplace(ids[i], i);
            if (!is_new) {
                next_[i] = known->second;
                known->second = i;
            }
        }
    }
    [[nodiscard]] std::vector<std::string_view> distinct() const {
        std::vector<std::string_view> ids;
        ids.reserve(first_.size());
        for (const auto& [id, position] : first_) {
            ids.push_back(id);
        }
        return ids;
    }
    template <typename Action>
    void for_each(std::string_view id, Action&& action) const {
        const auto found = first_.find(id);
        for (std::size_t i = found == first_.end() ? none : found->second; i != none; i = next_[i]) {
            action(i);
        }
    }

private:
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    std::unordered_map<std::string_view, std::size_t> first_;
    std::vector<std::size_t> next_;
};

}  // namespace

PostgresLinkLookup::PostgresLinkLookup(postgres::Settings settings, std::size_t connections)
    : pool_(with_session_options(std::move(settings), connections)) {
    for (const Entity& entity : entities()) {
        statements_[&entity] = {"look_up_" + std::string(entity.name), sql(entity)};
    }
}

std::string PostgresLinkLookup::sql(const Entity& entity) {
    const std::string table = "fleet_sync.\"" + std::string(entity.name) + "\"";
    // clang-format off
    const std::string common =
        "link.state, extract(epoch FROM link.created_at), extract(epoch FROM link.synced_at) ";
    // The primary key begins with the family: the few families are found first, each by one step along the index. OFFSET
    // keeps the ids' part for itself: joined with the families later, each id would have the whole index read.
    return
        "WITH RECURSIVE families AS (SELECT min(family) AS family FROM " + table +
        " UNION ALL SELECT (SELECT min(next.family) FROM " + table +
        " AS next WHERE next.family > families.family) FROM families WHERE families.family IS NOT NULL)"
        " SELECT true, link.family, link.parent_id, link.child_id, link.child_park_id, " + common +
        "FROM families CROSS JOIN LATERAL (SELECT * FROM " + table +
        " AS link WHERE link.family = families.family AND link.parent_id = ANY($1::text[]) OFFSET 0) AS link"
        " UNION ALL"
        " SELECT false, link.family, link.child_id, link.parent_id, link.parent_park_id, " + common +
        "FROM " + table + " AS link WHERE link.child_id = ANY($1::text[])";
    // clang-format on
}

std::vector<LinkAnswer> PostgresLinkLookup::look_up(const Entity& entity, std::span<const std::string> ids) {
    std::vector<LinkAnswer> answers;
    answers.reserve(ids.size());
    for (const std::string& id : ids) {
        answers.push_back({id, LinkRole::unlinked, {}});
    }
    const Positions positions(ids);
    const std::array<postgres::Parameter, 1> parameters{postgres::array_of(positions.distinct())};
    const auto rows = pool_.query(statements_.at(&entity), parameters);
    for (postgres::Row row : rows) {
        const bool is_parent = row.boolean();
        const std::string_view family = row.text();
        const std::string_view id = row.text();
        // Braces: evaluated in the order of the row.
        const LinkedDocument document{.family = std::string(is_parent ? family : domain::main_family),
                                      .id = std::string(row.text()),
                                      .park_id = std::string(row.text()),
                                      .state = link_state_of(row.text()),
                                      .created_at = row.time(),
                                      .synced_at = row.time()};
        positions.for_each(id, [&](std::size_t i) {
            answers[i].role = is_parent ? LinkRole::parent : LinkRole::child;
            answers[i].links.push_back(document);
        });
    }
    for (LinkAnswer& answer : answers) {
        std::ranges::sort(answer.links, {}, &LinkedDocument::family);
    }
    return answers;
}

}  // namespace twinfleet::mirroring

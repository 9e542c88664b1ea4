#include "capabilities/mirroring/passes/shard_parks.hpp"

#include <algorithm>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t parks_of_a_page = 1000;

}  // namespace

ShardParks find_shard_parks(LinkStore& links, QuarantineStore& quarantine, const domain::AppFamily& family,
                            const Shard& shard) {
    ShardParks parks;
    const auto add = [&](const std::string& park) {
        if (parks.of_all_shards.insert(park).second && shard.holds(park)) {
            parks.of_shard.emplace_back(park);
        }
    };
    // Links of parks are never removed, so that a page begins behind the last one.
    LinkStore::Page page;
    page.limit = parks_of_a_page;
    for (;;) {
        const std::vector<Link> next = links.list(park_entity(), family, page);
        if (next.empty()) {
            break;
        }
        for (const Link& link : next) {
            if (link.state != LinkState::reserved) {
                add(link.parent_id.value());
            }
        }
        page.after = next.back().parent_id;
    }
    QuarantineFilter filter;
    filter.entity = park_entity().name;
    filter.family = family.name;
    filter.limit = parks_of_a_page;
    for (;;) {
        const auto entries = quarantine.list(filter);
        if (entries.empty()) {
            break;
        }
        for (const QuarantineEntry& entry : entries) {
            if (is_usable_id(entry.parent.parent_id)) {
                add(entry.parent.parent_id);
            }
        }
        filter.after_id = entries.back().id;
    }
    std::ranges::sort(parks.of_shard);
    return parks;
}

}  // namespace twinfleet::mirroring

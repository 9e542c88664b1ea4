#include "apps/fleet_synchronizer/commands/scope_notice.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "apps/fleet_synchronizer/output/printable.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/city_names.hpp"
#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;
using NameSet = std::set<std::string, std::less<>>;

ParentFacts facts_of(bson::View park) {
    static const domain::AppFamily no_family;
    return Projector(park_entity(), no_family).inspect(park);
}

bool is_parent(const ParentFacts& park) {
    return !park.is_child && park.problem != reason::bad_id;
}

CityNames cities_without_park(const CityNames& cities, EntityStore& parks) {
    CityNames left = cities;
    const auto stream = parks.all({}, {});
    DocumentBatch batch;
    while (!left.empty() && stream->next(batch)) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (const ParentFacts park = facts_of(batch[i]); is_parent(park)) {
                left.erase(park.city_id);
            }
        }
    }
    return left;
}

}  // namespace

void say_what_no_park_matches(const std::vector<std::string>& cities, const std::vector<std::string>& parks,
                              const JobContext& context) {
    EntityStore& store = *context.dependencies.stores.find(park_entity().name)->second;
    const auto say = [&](const char* option, const std::string& value, const char* condition = "") {
        context.console.say(std::string("no park matches ") + option + " " + printable(value) + condition);
    };
    const CityNames asked_for(cities);
    if (!asked_for.empty()) {
        const CityNames unmatched = context.retry([&] { return cities_without_park(asked_for, store); });
        for (const std::string& city : unmatched.names()) {
            say("--city", city);
        }
    }
    if (!parks.empty()) {
        std::vector<std::string> ids;
        // The store refuses texts that no id can be.
        std::copy_if(parks.begin(), parks.end(), std::back_inserter(ids), is_usable_id);
        const DocumentBatch found = context.retry([&] { return store.fetch(ids); });
        // The city of each, so that a park of another city is told from one that does not exist.
        std::map<std::string, std::string, std::less<>> city_of;
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (const ParentFacts park = facts_of(found[i]); is_parent(park)) {
                city_of.emplace(park.id, park.city_id);
            }
        }
        for (const std::string& park : NameSet(parks.begin(), parks.end())) {
            const auto city = city_of.find(park);
            if (city == city_of.end()) {
                say("--park", park);
            } else if (!asked_for.empty() && !asked_for.contains(city->second)) {
                say("--park", park, " together with --city");
            }
        }
    }
}

}  // namespace twinfleet::fleet_synchronizer

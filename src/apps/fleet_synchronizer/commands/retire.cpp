#include "apps/fleet_synchronizer/commands/retire.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "apps/fleet_synchronizer/commands/run_jobs.hpp"
#include "apps/fleet_synchronizer/output/printable.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/city_names.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

constexpr std::size_t links_at_once = 1000;

class ChosenParks {
public:
    ChosenParks(const RetireParks& options, const JobContext& context)
        : options_(options),
          context_(context),
          stores_(context),
          family_{options.family},
          cities_(options.cities),
          cities_without_child_(options.cities) {}

    /// The ids of the parks with links that are to change.
    [[nodiscard]] std::vector<std::string> find() {
        const MirrorEnvironment environment = stores_.environment();
        LinkStore::Page page;
        page.limit = links_at_once;
        for (;;) {
            const auto links = environment.stores.links.list(park_entity(), family_, page);
            if (links.empty()) {
                break;
            }
            page.after = links.back().parent_id;
            look_at(links, environment.stores.of(park_entity()));
        }
        say_what_has_no_child();
        return found_;
    }

private:
    void look_at(const std::vector<Link>& links, EntityStore& parks) {
        std::vector<std::string> by_city;
        for (const Link& link : links) {
            const std::string& id = link.parent_id.value();
            if (std::ranges::find(options_.parks, id) != options_.parks.end()) {
                take(link);
            } else if (!cities_.empty()) {
                by_city.push_back(id);
            }
        }
        if (by_city.empty()) {
            return;
        }
        const DocumentBatch documents = parks.fetch(by_city);
        const Projector projector(park_entity(), family_);
        for (std::size_t i = 0; i < documents.size(); ++i) {
            const ParentFacts facts = projector.inspect(documents[i]);
            if (!cities_.contains(facts.city_id)) {
                continue;
            }
            cities_without_child_.erase(facts.city_id);
            const auto link =
                std::ranges::find(links, facts.id, [](const Link& each) { return each.parent_id.value(); });
            if (link != links.end()) {
                take(*link);
            }
        }
    }

    void take(const Link& link) {
        met_parks_.insert(link.parent_id.value());
        // What is retired because the park is gone does not come back by this.
        if (!options_.undo || link.kept_retired == KeptRetired::on_purpose) {
            found_.push_back(link.parent_id.value());
        }
    }

    void say_what_has_no_child() const {
        for (const std::string& park : options_.parks) {
            if (!met_parks_.contains(park)) {
                context_.console.say("no child park of family " + printable(options_.family) + " for --park " +
                                     printable(park));
            }
        }
        for (const std::string& city : cities_without_child_.names()) {
            context_.console.say("no child park of family " + printable(options_.family) + " for --city " +
                                 printable(city));
        }
    }

    const RetireParks& options_;
    const JobContext& context_;
    RetryingStores stores_;
    const domain::AppFamily family_;
    const CityNames cities_;
    CityNames cities_without_child_;
    std::set<std::string, std::less<>> met_parks_;
    std::vector<std::string> found_;
};

}  // namespace

process::ExitCode retire_parks(const RetireParks& options, const JobContext& context) {
    std::vector<std::string> parks = ChosenParks(options, context).find();
    if (parks.empty()) {
        context.console.say(options.undo ? "no park was retired like this" : "there is nothing to retire");
        return process::ExitCode::needs_attention;
    }
    RunJobs run;
    run.is_all = true;
    run.family = options.family;
    run.parks = std::move(parks);
    run.full = true;
    run.dry_run = options.dry_run;
    run.json = options.json;
    run.keep_retired = !options.undo;
    for (const std::string_view job : jobs()) {
        run.jobs.emplace_back(job);
    }
    return run_jobs(run, context);
}

}  // namespace twinfleet::fleet_synchronizer

#include "apps/fleet_synchronizer/commands/verify.hpp"

#include "apps/fleet_synchronizer/output/json_object.hpp"
#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/verification/verify.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

class Verification {
public:
    Verification(const Verify& options, const JobContext& context) : options_(options), context_(context) {
        for (const std::string& park : options.parks) {
            scope_.parks.emplace_back(park);
        }
    }

    ExitCode run() {
        // What is mended at once need not be told one by one.
        VerificationSummary summary = compare(!options_.repair);
        if (summary.is_complete && options_.repair) {
            if (summary.differences > 0) {
                context_.console.say(grouped(summary.differences) + " differences found; mending them");
                if (const ExitCode code = repair(); code != ExitCode::done) {
                    return code;
                }
            }
            // Also when there were none: something may have changed, and the summary tells how things are.
            summary = summary.differences > 0 ? compare(true) : summary;
        }
        if (!summary.is_complete) {
            return ExitCode::interrupted;
        }
        context_.console.print(
            options_.json
                ? JsonObject().number("checked", summary.checked).number("differences", summary.differences).take()
                : grouped(summary.checked) + " children checked, " + grouped(summary.differences) + " differences");
        return summary.differences > 0 ? ExitCode::needs_attention : ExitCode::done;
    }

private:
    VerificationSummary compare(bool is_printed) {
        PatientStores stores(context_);
        const World world = stores.world();
        const auto on_difference = [&](const FoundDifference& difference) {
            if (is_printed) {
                context_.console.print(options_.json ? difference_json(difference) : difference_text(difference));
            }
        };
        VerificationSummary together;
        for (const domain::AppFamily& family : families_named(context_, options_.family)) {
            for (const Entity& entity : entities()) {
                const VerificationSummary summary = mirroring::verify(
                    world, entity, family, scope_, context_.settings.pass, on_difference, context_.stop);
                together.checked += summary.checked;
                together.differences += summary.differences;
                if (!summary.is_complete) {
                    return together;
                }
            }
        }
        together.is_complete = true;
        return together;
    }

    ExitCode repair() {
        for (const domain::AppFamily& family : families_named(context_, options_.family)) {
            for (const Entity& entity : entities()) {
                const auto lease = acquire_lease(context_, entity, family);
                if (context_.stop.stop_requested()) {
                    return ExitCode::interrupted;
                }
                if (lease == nullptr) {
                    return ExitCode::lease_is_held;
                }
                JobRequest request;
                request.entity = &entity;
                request.family = family;
                request.mode = Mode::full;
                request.parks = scope_.parks;
                request.verify_children = true;
                request.options = "verify --repair";
                const JobResult result = context_.runner.run(request, *lease, {}, context_.stop);
                if (result.end == JobEnd::interrupted) {
                    return ExitCode::interrupted;
                }
                if (result.end == JobEnd::lease_lost) {
                    say_lease_lost(context_, entity, family);
                    return ExitCode::lease_is_held;
                }
            }
        }
        return ExitCode::done;
    }

    const Verify& options_;
    const JobContext& context_;
    Scope scope_;
};

}  // namespace

ExitCode verify(const Verify& options, const JobContext& context) {
    return Verification(options, context).run();
}

}  // namespace twinfleet::fleet_synchronizer

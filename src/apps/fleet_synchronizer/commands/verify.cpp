#include "apps/fleet_synchronizer/commands/verify.hpp"

#include <algorithm>
#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "apps/fleet_synchronizer/commands/scope_notice.hpp"
#include "apps/fleet_synchronizer/output/printable.hpp"
#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/verification/repair.hpp"
#include "capabilities/mirroring/verification/verify.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

/// An interrupted verification goes on where it was for so long; then too much may have changed behind it.
constexpr std::chrono::hours position_age_max{24};
constexpr std::chrono::milliseconds position_interval{500};

process::ExitCode finish(const Verify& options, const JobContext& context, const VerificationSummary& summary) {
    context.console.print(
        options.json
            ? json::to_text(boost::json::object{{"checked", summary.checked}, {"differences", summary.differences}})
            : grouped(summary.checked) + " children checked, " + grouped(summary.differences) + " differences");
    return summary.differences > 0 ? process::ExitCode::needs_attention : process::ExitCode::done;
}

void print(const Verify& options, const JobContext& context, const FoundDifference& difference) {
    context.console.print(options.json ? difference_json(difference) : difference_text(difference));
}

/// Remembers how far a verification is, so that it goes on there when it is asked for again.
class Bookmark {
public:
    Bookmark(const Verify& options, const JobContext& context, const std::vector<domain::AppFamily>& families)
        : context_(context), scope_(scope_of(options, families)) {
        if (options.restart) {
            forget();
        }
    }

    /// Where to begin; says so when that is not the beginning.
    VerifyPosition open() {
        std::optional<VerifyPosition> known;
        if (store() != nullptr) {
            known = context_.retry([&] { return store()->position(scope_, position_age_max); });
        }
        if (known && is_possible(*known)) {
            position_ = *known;
            context_.console.say("going on with the verification that was interrupted, at the " + known->entity +
                                 " of " + known->family + "; " + grouped(known->checked) +
                                 " children were checked and " + grouped(known->differences) +
                                 " differences told before (--restart begins anew)");
        } else {
            position_.began_at = context_.retry([&] { return context_.dependencies.links.now(); });
        }
        kept_at_ = context_.dependencies.clock.monotonic();
        return position_;
    }
    void move(const VerifyPosition& position) {
        position_ = position;
        if (context_.dependencies.clock.monotonic() - kept_at_ >= position_interval) {
            keep();
        }
    }
    void keep() {
        kept_at_ = context_.dependencies.clock.monotonic();
        if (store() != nullptr && !position_.family.empty()) {
            context_.retry([&] { store()->keep_position(scope_, position_); });
        }
    }
    void forget() {
        if (store() != nullptr) {
            context_.retry([&] { store()->forget_position(scope_); });
        }
    }

private:
    [[nodiscard]] VerificationStore* store() const { return context_.dependencies.verification; }

    /// What makes two calls the same.
    static std::string scope_of(const Verify& options, const std::vector<domain::AppFamily>& families) {
        std::string names;
        for (const domain::AppFamily& family : families) {
            names += family.name + " ";
        }
        std::vector<std::string> parks = options.parks;
        std::sort(parks.begin(), parks.end());
        return json::to_text(boost::json::object{
            {"families", names},
            {"parks", boost::json::array(parks.begin(), parks.end())},
            {"repair", options.repair},
        });
    }

    [[nodiscard]] bool is_possible(const VerifyPosition& position) const {
        const auto& families = context_.families;
        return std::any_of(families.begin(), families.end(),
                           [&](const domain::AppFamily& family) { return family.name == position.family; }) &&
               std::any_of(entities().begin(), entities().end(),
                           [&](const Entity& entity) { return entity.name == position.entity; });
    }

    const JobContext& context_;
    const std::string scope_;
    VerifyPosition position_;
    std::chrono::nanoseconds kept_at_{};
};

/// `verify` of a park or of everything.
class Verification {
public:
    Verification(const Verify& options, const JobContext& context)
        : options_(options),
          context_(context),
          families_(families_named(context, options.family)),
          bookmark_(options, context, families_) {
        for (const std::string& park : options.parks) {
            scope_.parks.emplace_back(park);
        }
    }

    process::ExitCode run() {
        say_what_no_park_matches({}, options_.parks, context_);
        // What is mended at once need not be told one by one.
        VerificationSummary summary = compare(!options_.repair, bookmark_.open());
        if (!summary.is_complete) {
            bookmark_.keep();
            context_.console.say("interrupted; the same command goes on from here");
            return process::ExitCode::interrupted;
        }
        if (options_.repair && summary.differences > 0) {
            context_.console.say(grouped(summary.differences) + " differences found; mending them");
            if (const process::ExitCode code = repair(); code != process::ExitCode::done) {
                return code;
            }
            bookmark_.forget();
            // The summary tells how things are now.
            summary = compare(true, std::nullopt);
            if (!summary.is_complete) {
                return process::ExitCode::interrupted;
            }
        }
        bookmark_.forget();
        return finish(options_, context_, summary);
    }

private:
    /// `start`: where, and whether positions are kept.
    VerificationSummary compare(bool is_printed, const std::optional<VerifyPosition>& start) {
        RetryingStores stores(context_);
        const MirrorEnvironment environment = stores.environment();
        VerificationSummary together;
        bool is_behind_start = !start || start->family.empty();
        if (start) {
            together.checked = start->checked;
            together.differences = start->differences;
        }
        for (const domain::AppFamily& family : families_) {
            for (const Entity& entity : entities()) {
                if (!context_.dependencies.has_store(entity)) {
                    continue;
                }
                VerifyCheckpoint checkpoint;
                if (!is_behind_start) {
                    if (family.name != start->family || entity.name != start->entity) {
                        continue;
                    }
                    is_behind_start = true;
                    checkpoint = {start->phase, start->after};
                }
                const auto at = [&](const VerifyCheckpoint& reached, const VerificationSummary& of_entity) {
                    return VerifyPosition{.family = family.name,
                                          .entity = std::string(entity.name),
                                          .phase = reached.phase,
                                          .after = reached.after,
                                          .checked = together.checked + of_entity.checked,
                                          .differences = together.differences + of_entity.differences,
                                          .began_at = start ? start->began_at : Time{}};
                };
                VerifyListener listener;
                listener.on_difference = [&](const FoundDifference& difference) {
                    if (is_printed) {
                        print(options_, context_, difference);
                    }
                };
                if (start) {
                    bookmark_.move(at(checkpoint, {}));
                    listener.on_checkpoint = [&](const VerifyCheckpoint& reached, const VerificationSummary& so_far) {
                        bookmark_.move(at(reached, so_far));
                    };
                }
                const VerificationSummary summary = mirroring::verify(
                    environment, entity, family, scope_, context_.settings.pass, checkpoint, listener, context_.stop);
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

    process::ExitCode repair() {
        for (const domain::AppFamily& family : families_) {
            for (const Entity& entity : entities()) {
                if (!context_.dependencies.has_store(entity)) {
                    continue;
                }
                const auto lease = acquire_lease(context_, entity, family);
                if (context_.stop.stop_requested()) {
                    return process::ExitCode::interrupted;
                }
                if (lease == nullptr) {
                    return process::ExitCode::lease_is_held;
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
                    return process::ExitCode::interrupted;
                }
                if (result.end == JobEnd::lease_lost) {
                    say_lease_lost(context_, entity, family);
                    return process::ExitCode::lease_is_held;
                }
            }
        }
        return process::ExitCode::done;
    }

    const Verify& options_;
    const JobContext& context_;
    const std::vector<domain::AppFamily> families_;
    Scope scope_;
    Bookmark bookmark_;
};

/// `verify --driver`: drivers, each with his car and his rule.
class DriverVerification {
public:
    DriverVerification(const Verify& options, const JobContext& context) : options_(options), context_(context) {}

    process::ExitCode run() {
        VerificationSummary together;
        for (const domain::AppFamily& family : families_named(context_, options_.family)) {
            const auto ids = ids_by_entity(family);
            if (options_.repair) {
                if (const process::ExitCode code = repair(family, ids); code != process::ExitCode::done) {
                    return code;
                }
            }
            const VerificationSummary summary = compare(family, ids);
            together.checked += summary.checked;
            together.differences += summary.differences;
        }
        return finish(options_, context_, together);
    }

private:
    using Ids = std::map<std::string, std::vector<std::string>, std::less<>>;

    Ids ids_by_entity(const domain::AppFamily& family) {
        const Entity& drivers = entity("drivers");
        const Projector projector(drivers, family);
        RetryingStores stores(context_);
        const MirrorEnvironment environment = stores.environment();
        std::vector<domain::ParentId> parents;
        Ids ids;
        // The stores refuse texts that no id can be.
        for (const std::string& id : options_.drivers) {
            if (is_usable_id(id)) {
                ids[std::string(drivers.name)].push_back(id);
                parents.emplace_back(id);
            }
        }
        std::vector<std::string> linked;
        for (const Link& link : environment.stores.links.find_by_parent(drivers, family, parents)) {
            linked.push_back(link.parent_id.value());
        }
        for (const std::string& id : options_.drivers) {
            if (std::find(linked.begin(), linked.end(), id) == linked.end()) {
                context_.console.say("no driver with a child of family " + family.name + " matches --driver " +
                                     printable(id));
            }
        }
        const DocumentBatch documents = environment.stores.of(drivers).fetch(linked);
        for (std::size_t i = 0; i < documents.size(); ++i) {
            for (const Reference& reference : projector.inspect(documents[i]).references) {
                ids[std::string(reference.policy->target)].emplace_back(reference.id);
            }
        }
        return ids;
    }

    VerificationSummary compare(const domain::AppFamily& family, const Ids& ids) {
        RetryingStores stores(context_);
        const MirrorEnvironment environment = stores.environment();
        VerifyListener listener;
        listener.on_difference = [&](const FoundDifference& difference) { print(options_, context_, difference); };
        VerificationSummary together;
        for (const Entity& of : entities()) {
            if (const auto known = ids.find(of.name); known != ids.end()) {
                const VerificationSummary summary =
                    verify_parents(environment, of, family, known->second, context_.settings.pass, listener);
                together.checked += summary.checked;
                together.differences += summary.differences;
            }
        }
        return together;
    }

    /// What a driver refers to comes before him.
    process::ExitCode repair(const domain::AppFamily& family, const Ids& ids) {
        RetryingStores stores(context_);
        const MirrorEnvironment environment = stores.environment();
        for (const Entity& of : entities()) {
            const auto known = ids.find(of.name);
            if (known == ids.end()) {
                continue;
            }
            const auto lease = acquire_lease(context_, of, family);
            if (context_.stop.stop_requested()) {
                return process::ExitCode::interrupted;
            }
            if (lease == nullptr) {
                return process::ExitCode::lease_is_held;
            }
            try {
                repair_parents(environment, of, family, known->second, lease->lease(), [&] { lease->assert_held(); });
            } catch (const LeaseLost&) {
                say_lease_lost(context_, of, family);
                return process::ExitCode::lease_is_held;
            }
        }
        return process::ExitCode::done;
    }

    const Verify& options_;
    const JobContext& context_;
};

}  // namespace

process::ExitCode verify(const Verify& options, const JobContext& context) {
    return options.drivers.empty() ? Verification(options, context).run() : DriverVerification(options, context).run();
}

}  // namespace twinfleet::fleet_synchronizer

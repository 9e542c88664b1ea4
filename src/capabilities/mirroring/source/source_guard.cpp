#include "capabilities/mirroring/source/source_guard.hpp"

#include <utility>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

/// Of each entity. Enough that a few children which others have removed do not count.
constexpr std::size_t sampled_children_max = 100;

constexpr const char* not_looked_yet = "nobody has looked yet which cluster MongoDB is";

}  // namespace

const char* to_string(SourceStanding standing) {
    switch (standing) {
        case SourceStanding::known:
            return "known";
        case SourceStanding::unclaimed:
            return "unclaimed";
        case SourceStanding::without_marker:
            return "without_marker";
        case SourceStanding::other_marker:
            return "other_marker";
        case SourceStanding::children_missing:
            return "children_missing";
        case SourceStanding::children_of_others:
            break;
    }
    return "children_of_others";
}

std::string problem_of(SourceStanding standing) {
    const char* what = "";
    switch (standing) {
        case SourceStanding::known:
        case SourceStanding::unclaimed:
            return {};
        case SourceStanding::without_marker:
            what = "it has no marker of this mirror, so it is another one, or is being restored";
            break;
        case SourceStanding::other_marker:
            what = "it has the marker of another mirror, or is a copy";
            break;
        case SourceStanding::children_missing:
            what = "the children that PostgreSQL has links of are not in it";
            break;
        case SourceStanding::children_of_others:
            what = "it has children that PostgreSQL has no links of";
            break;
    }
    return std::string("MongoDB is not the cluster that PostgreSQL belongs to: ") + what +
           ". Nothing is read from it or written to it. Mend the address of either; if it is meant, say so: "
           "fleet-synchronizer cluster adopt";
}

SourceStanding judge(const SourceFindings& findings) {
    if (findings.remembered) {
        if (!findings.found) {
            return SourceStanding::without_marker;
        }
        return findings.found == findings.remembered ? SourceStanding::known : SourceStanding::other_marker;
    }
    if (findings.lacks_children()) {
        return SourceStanding::children_missing;
    }
    // Without links, whatever children there are belong to another memory, and would all be made a second time.
    const bool is_of_others = findings.children_sampled == 0 && findings.found && findings.has_child_parks;
    return is_of_others ? SourceStanding::children_of_others : SourceStanding::unclaimed;
}

SourceGuard::SourceGuard(MarkedSource& source, RememberedSource& memory, IdSource& ids, const platform::Clock& clock,
                         log::Logger& log, TakingUp taking_up)
    : source_(source), memory_(memory), ids_(ids), clock_(clock), log_(log), taking_up_(taking_up) {}

std::string SourceGuard::problem(std::chrono::milliseconds age_max) {
    const auto now = clock_.monotonic();
    const auto known = told_.with([&](const Told& told) {
        const bool is_fresh = told.looked_at && now - *told.looked_at < age_max;
        return is_fresh ? std::optional(told.problem) : std::nullopt;
    });
    return known ? *known : note(look(), now);
}

std::string SourceGuard::last_problem() const {
    return told_.with([](const Told& told) { return told.looked_at ? told.problem : std::string(not_looked_yet); });
}

SourceStanding SourceGuard::look() {
    SourceFindings findings;
    findings.found = source_.marker();
    findings.remembered = memory_.marker();
    if (!findings.remembered) {
        sample(findings);
    }
    const SourceStanding standing = judge(findings);
    return standing == SourceStanding::unclaimed && taking_up_ == TakingUp::allowed ? take_up(findings.found)
                                                                                    : standing;
}

SourceStanding SourceGuard::take_up(const std::optional<std::string>& found) {
    // Of several processes at once, the first one's marker stays on either side.
    const std::string left = found ? *found : source_.leave(ids_.next());
    if (memory_.remember(left) != left) {
        return SourceStanding::other_marker;
    }
    log_.info("the MongoDB cluster was taken up", {{"had_marker", found.has_value()}});
    return SourceStanding::known;
}

void SourceGuard::sample(SourceFindings& findings) {
    for (const Entity& entity : entities()) {
        if (entity.storage != Storage::mongo) {
            continue;
        }
        const auto ids = memory_.sample_of_children(entity, sampled_children_max);
        findings.children_sampled += ids.size();
        findings.children_there += source_.count_existing(entity, ids);
    }
    findings.has_child_parks = source_.has_child_parks();
}

std::string SourceGuard::note(SourceStanding standing, std::chrono::nanoseconds looked_at) {
    const std::string problem = problem_of(standing);
    const auto before = told_.with([&](Told& told) {
        return std::exchange(told, {.standing = standing, .problem = problem, .looked_at = looked_at}).standing;
    });
    if (!problem.empty() && before != standing) {
        log_.error("MongoDB is another cluster", {{"standing", to_string(standing)}, {"problem", problem}});
    } else if (problem.empty() && before && !is_usable(*before)) {
        log_.info("MongoDB is the right cluster again");
    }
    return problem;
}

SourceFindings SourceGuard::findings() {
    SourceFindings findings{.remembered = memory_.marker(), .found = source_.marker()};
    sample(findings);
    return findings;
}

std::variant<SourceGuard::Adopted, SourceGuard::ChildrenMissing> SourceGuard::adopt(
    bool although_children_are_missing) {
    const SourceFindings before = findings();
    if (before.lacks_children() && !although_children_are_missing) {
        return ChildrenMissing{before};
    }
    const std::string marker = ids_.next();
    source_.replace(marker);
    memory_.replace(marker);
    return Adopted{marker, before};
}

}  // namespace twinfleet::mirroring

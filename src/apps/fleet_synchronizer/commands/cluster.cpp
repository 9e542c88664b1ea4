#include "apps/fleet_synchronizer/commands/cluster.hpp"

#include <boost/json/object.hpp>

#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using mirroring::SourceFindings;
using mirroring::SourceGuard;

boost::json::value json_of(const std::optional<std::string>& marker) {
    return marker ? boost::json::value(*marker) : boost::json::value(nullptr);
}

std::string text_of(const std::optional<std::string>& marker) {
    return marker ? *marker : "none";
}

std::string children_text(const SourceFindings& findings) {
    return grouped(findings.children_there) + " of " + grouped(findings.children_sampled) +
           " linked children that were looked for are there";
}

}  // namespace

process::ExitCode show_cluster(const ShowCluster& options, SourceGuard& source, const mirroring::Retry& retry,
                               Console& console) {
    const SourceFindings findings = retry([&] { return source.findings(); });
    const mirroring::SourceStanding standing = judge(findings);
    if (options.json) {
        console.print(json::to_text(boost::json::object{
            {"standing", to_string(standing)},
            {"remembered", json_of(findings.remembered)},
            {"found", json_of(findings.found)},
            {"children_sampled", findings.children_sampled},
            {"children_there", findings.children_there},
        }));
    } else {
        console.print(std::string("standing: ") + to_string(standing));
        console.print("marker in PostgreSQL: " + text_of(findings.remembered));
        console.print("marker in MongoDB: " + text_of(findings.found));
        console.print(children_text(findings));
    }
    if (const std::string problem = problem_of(standing); !problem.empty()) {
        console.say(problem);
        return process::ExitCode::needs_attention;
    }
    return process::ExitCode::done;
}

process::ExitCode adopt_cluster(const AdoptCluster& options, SourceGuard& source, const mirroring::Retry& retry,
                                Console& console) {
    const auto outcome = retry([&] { return source.adopt(options.force); });
    if (const auto* missing = std::get_if<SourceGuard::ChildrenMissing>(&outcome)) {
        console.say(children_text(missing->findings) +
                    ": this is not the cluster that PostgreSQL has links of, or not all of it is restored. Nothing was "
                    "changed; --force adopts it all the same");
        return process::ExitCode::needs_attention;
    }
    const auto& adopted = std::get<SourceGuard::Adopted>(outcome);
    console.print(options.json ? json::to_text(boost::json::object{{"marker", adopted.marker},
                                                                   {"before", json_of(adopted.before.remembered)}})
                               : "PostgreSQL belongs to this MongoDB cluster now; its new marker is " + adopted.marker);
    return process::ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer

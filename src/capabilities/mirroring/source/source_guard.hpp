#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include "capabilities/mirroring/memory/source/remembered_source.hpp"
#include "capabilities/mirroring/stores/id_source.hpp"
#include "capabilities/mirroring/stores/marked_source.hpp"
#include "platform/clock/clock.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::mirroring {

/// How MongoDB and what the mirror remembers go together (contract, section 1).
enum class SourceStanding : std::uint8_t {
    known,               ///< the cluster bears the marker that is remembered
    unclaimed,           ///< nothing is remembered yet, and nothing speaks against this cluster: it may be taken up
    without_marker,      ///< a marker is remembered, the cluster has none
    other_marker,        ///< the cluster bears another marker than the one that is remembered
    children_missing,    ///< nothing is remembered yet, and the linked children are not in this cluster
    children_of_others,  ///< there are no links, but the cluster has the marker and the children of another mirror
};

/// The name of a standing, as `cluster show --json` tells it.
[[nodiscard]] const char* to_string(SourceStanding standing);

/// Whether the documents of the cluster may be believed and written.
[[nodiscard]] constexpr bool is_usable(SourceStanding standing) {
    return standing == SourceStanding::known || standing == SourceStanding::unclaimed;
}

/// What is wrong, and what helps, for a person; empty when the standing is usable.
[[nodiscard]] std::string problem_of(SourceStanding standing);

/// What is known of the two sides.
struct SourceFindings {
    /// The marker that the mirror remembers, and the one that the cluster bears.
    std::optional<std::string> remembered;
    std::optional<std::string> found;
    /// Of some linked children, how many there were and how many of them exist in the cluster.
    std::size_t children_sampled = 0;
    std::size_t children_there = 0;
    /// Whether the cluster has child parks, whoever made them.
    bool has_child_parks = false;

    /// Whether the sample is of another cluster: most of the children that should be there are not.
    [[nodiscard]] bool lacks_children() const noexcept { return children_there * 2 < children_sampled; }
};

/// How the two sides go together.
[[nodiscard]] SourceStanding judge(const SourceFindings& findings);

/// Thrown where documents are about to be read or written and MongoDB is not the cluster that the mirror belongs to;
/// says what problem_of() says.
class SourceIsAnother : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Sees to it that the mirror works on the MongoDB cluster that its links are of. In any other one all parents are
/// gone, and their children would be retired; and what is written there is in nobody's way to find.
///
/// The first cluster that is met is taken up: a marker is left in it and remembered. In an installation whose links
/// are older than that, only a cluster that has the linked children is taken up. Safe to use from any thread. Every
/// call throws what the two stores throw.
class SourceGuard {
public:
    /// Whether a cluster that is unclaimed may be taken up, which writes to both stores.
    enum class TakingUp { allowed, not_allowed };

    /// All but the last outlive this.
    SourceGuard(MarkedSource& source, RememberedSource& memory, IdSource& ids, const platform::Clock& clock,
                log::Logger& log, TakingUp taking_up);

    /// Why the documents may neither be believed nor written; an empty text when they may. Looks at both stores unless
    /// somebody has within `age_max`. A change is logged.
    [[nodiscard]] std::string problem(std::chrono::milliseconds age_max);
    /// The last answer of problem(), without looking: never waits for a store.
    [[nodiscard]] std::string last_problem() const;

    /// What is known of both sides, the sample of children included. Changes nothing.
    [[nodiscard]] SourceFindings findings();

    /// The answer of adopt() when the cluster does not have the linked children: it is not the one that the links are
    /// of, whatever it is called.
    struct ChildrenMissing {
        SourceFindings findings;
    };
    /// The marker that was left and is remembered now.
    struct Adopted {
        std::string marker;
        SourceFindings before;
    };
    /// Makes this cluster the one that the mirror belongs to, because a person says so. It gets a new marker: a copy of
    /// it that bears the old one, or the cluster that it was copied from, is another one from now on. With
    /// `although_children_are_missing` no sample is asked for. When it throws, the two sides may differ until it is
    /// called again.
    [[nodiscard]] std::variant<Adopted, ChildrenMissing> adopt(bool although_children_are_missing);

private:
    struct Told {
        std::optional<SourceStanding> standing;
        std::string problem;
        /// On the monotonic clock; nullopt before the first look.
        std::optional<std::chrono::nanoseconds> looked_at;
    };

    [[nodiscard]] SourceStanding look();
    [[nodiscard]] SourceStanding take_up(const std::optional<std::string>& found);
    void sample(SourceFindings& findings);
    [[nodiscard]] std::string note(SourceStanding standing, std::chrono::nanoseconds looked_at);

    MarkedSource& source_;
    RememberedSource& memory_;
    IdSource& ids_;
    const platform::Clock& clock_;
    log::Logger& log_;
    const TakingUp taking_up_;

    /// Not held while the stores are asked: one that hangs must not have the callers wait for each other.
    platform::Guarded<Told> told_;
};

}  // namespace twinfleet::mirroring

#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/testing/fake_world.hpp"
#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

/// The second opinion (design, "One planner"): says what is wrong with a fleet by the contract's words alone. It shares
/// nothing with the planner, not even the table of entities, and is slow and plain on purpose.
namespace twinfleet::mirroring::testing {

/// Everything that the stores hold at a moment when nobody writes. Collections and links by entity name.
struct Fleet {
    std::map<std::string, std::vector<bson::Document>> documents;
    std::map<std::string, std::vector<FakeWorld::StoredLink>> links;
    std::vector<QuarantineEntry> quarantine;
};

[[nodiscard]] Fleet look_at(const FakeWorld& world);

struct Expectations {
    std::string family = "vezet";
    /// Whether the configuration enables the city of this park.
    std::function<bool(bson::View park)> is_enabled = [](bson::View) { return true; };
    /// Whether the store refuses the child of this parent.
    std::function<bool(bson::View parent)> is_refused = [](bson::View) { return false; };
    std::size_t document_bytes_max = std::size_t{16} << 20;

    /// A full pass of every job came last; without one, whatever the contract leaves to it is not asked for.
    bool after_full_pass = true;
    /// That pass read every child, so edits by others are mended.
    bool after_verified_pass = false;
    /// Children that others edited or removed, by `_id`: nothing is said of their content before a verified pass.
    std::set<std::string> edited_children;
    /// A runner that was overtaken while it placed a driver's profile may have put it back into the record of a licence
    /// that he had before, and have been killed or have lost its lease before it recorded what it did. Only a verified
    /// pass mends that.
    bool profiles_may_be_stale = false;
    /// A park's login may still have the longer form although the shorter one is free by now.
    bool longer_logins_may_stay = false;
    /// Where no parent of an entity is left, its children work on.
    bool emptied_sources_retire_nobody = false;

    /// The collections as the rest of the platform left them; nullopt: do not ask who wrote the parents.
    std::optional<std::map<std::string, std::vector<bson::Document>>> as_put;
    /// Cars and drivers (entity, parent id) that somebody had a reason to create; nullopt: any.
    std::optional<std::set<std::pair<std::string, std::string>>> asked_for;
    /// The balance that its owner gave a child driver, by child id, as {"balance": ...}; all others have 0.
    std::map<std::string, bson::Document> balances;
};

enum class Fault : std::uint8_t {
    content,          ///< a field of a child is not what its parent says
    reference,        ///< a reference leads out of its park, or is missing
    login,            ///< a child park's login
    missing_child,    ///< what must have a child has none
    two_children,     ///< one parent, two children in one family
    stray_child,      ///< a child that no link knows
    broken_link,      ///< a link without its child, or with wrong parks
    child_as_source,  ///< a child is mirrored itself
    not_retired,      ///< the parent is gone, the child works on
    quarantine,       ///< a wrong entry, or a missing one
    unique_driver,    ///< the profile does not stand once in its licence's record, or in another one as well
    parent_written,   ///< a parent is not what the platform made it
    uncalled_for,     ///< a child that nobody had a reason to create
    may_write,        ///< a group or user of a child park is more than read-only
};

[[nodiscard]] std::string_view to_string(Fault fault);

struct Violation {
    Fault fault{};
    std::string entity;
    /// Canonical Extended JSON unless it is a string; may be empty.
    std::string parent_id;
    std::string child_id;
    std::string text;
};

std::ostream& operator<<(std::ostream& out, const Violation& violation);

/// The whole fleet for a person to read, one document, link or entry a line.
std::ostream& operator<<(std::ostream& out, const Fleet& fleet);

/// Everything that is wrong, in no particular order.
[[nodiscard]] std::vector<Violation> check(const Fleet& fleet, const Expectations& expectations);

}  // namespace twinfleet::mirroring::testing

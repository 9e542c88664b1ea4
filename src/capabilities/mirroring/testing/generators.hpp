#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "capabilities/mirroring/testing/checker.hpp"
#include "capabilities/mirroring/testing/fake_world.hpp"
#include "platform/bson/builder.hpp"

/// Fleets and what happens to them, at random: everything that the contract has a word for, and what a document
/// database holds besides.
namespace twinfleet::mirroring::testing {

/// A number from 0 to below the argument. What draws from it is the same for the same answers.
using Draw = std::function<int(int below)>;

/// One document of the rest of the platform.
struct PlatformDocument {
    std::string collection;
    bson::Document document;
    /// `updated_ts` comes from the server's clock; otherwise the document is stored as it is.
    bool is_stamped = true;
};

struct FleetSize {
    int parks_max = 4;
    int documents_per_park_max = 4;
    /// Of this many documents about one is strange in some way.
    int one_strange_of = 4;
};

/// Parks with and without a city, their rules, cars, drivers, groups and users, records of unique drivers; among them
/// bad documents, strange ids and references, and the children of a family that nobody asks about. Groups and users
/// come from a service that checks them, so their fields are what they should be; their references may lead astray.
[[nodiscard]] std::vector<PlatformDocument> draw_fleet(const Draw& draw, const FleetSize& size = {});

/// Something that happens to a fleet. `which` and `choice` choose among what there is when it happens.
struct Edit {
    enum class Kind : std::uint8_t {
        change,        ///< a field of a parent gets another value, appears or disappears
        undo,          ///< a parent that was changed lately is as it was before
        touch,         ///< a new `updated_ts` and nothing else
        remove,        ///< a parent vanishes
        revive,        ///< one that vanished is there again
        move,          ///< a rule, car or driver goes to another park
        refer,         ///< a driver gets another car or rule, a user another group
        break_,        ///< a parent turns into one that cannot be mirrored
        mend,          ///< the opposite
        add,           ///< a new parent
        switch_city,   ///< the configuration enables a city, or no longer does
        move_city,     ///< a park gets another city
        edit_child,    ///< somebody changes a child's field
        remove_child,  ///< somebody removes a child
        pay,           ///< a child driver's balance changes
        grant,         ///< what a group or a user may do changes
        swap_logins,   ///< two users of a park exchange their logins, or one gets another's that he gave up or who is
                       ///< gone
        account,       ///< a child park gets an account with a login of a user of its parent, or loses one
        pass_time,     ///< up to a few minutes
    };
    static constexpr int kinds = 19;
    Kind kind = Kind::touch;
    std::uint32_t which = 0;
    std::uint32_t choice = 0;
};

std::ostream& operator<<(std::ostream& out, const Edit& edit);

[[nodiscard]] Edit draw_edit(const Draw& draw);

/// The rest of the platform: puts a fleet into a world, edits it, and remembers what the checker has to know.
class Platform {
public:
    explicit Platform(FakeWorld& world, std::string family = "vezet");

    void put(const std::vector<PlatformDocument>& fleet);
    /// From now on mostly parents that have children are edited, and above all the driver who logged in last.
    void prefer_mirrored_parents() { prefers_mirrored_parents_ = true; }
    /// Tells in words what it did; empty when there was nothing to do it to.
    std::string apply(const Edit& edit);

    /// What the configuration says at the moment.
    [[nodiscard]] const std::set<std::string, std::less<>>& enabled_cities() const { return enabled_cities_; }
    /// Changes when the configuration does.
    [[nodiscard]] std::string configuration_fingerprint() const;

    /// A driver logs in, so that from now on he may have a child, and what he refers to as well.
    void ask_for_driver(const std::string& parent_id);
    [[nodiscard]] std::vector<std::string> parent_ids(std::string_view collection) const;

    /// After every pass was run in full (and every child read).
    [[nodiscard]] Expectations expectations(bool after_full_pass, bool after_verified_pass) const;
    /// Foreign edits are mended now.
    void forget_edited_children() { edited_children_.clear(); }

private:
    struct Parent {
        std::string collection;
        std::string key;
        bson::Document document;
    };
    [[nodiscard]] std::vector<Parent> parents(std::string_view collection = {}) const;
    [[nodiscard]] std::vector<Parent> children(std::string_view collection = {}) const;
    [[nodiscard]] bool is_mirrored(const Parent& parent) const;
    /// False when the platform would not have it: another has that login.
    bool store(const Parent& parent, const bson::Document& document, const Draw& draw);
    void note_references();
    /// Closes the account that the child of this park has beside the copies, or opens one with this login.
    std::string change_account(const std::string& park_id, const std::string& login);

    FakeWorld& world_;
    const std::string family_;
    std::set<std::string, std::less<>> enabled_cities_;
    int configuration_changes_ = 0;
    std::vector<Parent> removed_;
    /// What parents were before they were changed, in order of time.
    std::vector<Parent> earlier_;
    std::set<std::string> edited_children_;
    std::map<std::string, bson::Document> balances_;
    std::set<std::pair<std::string, std::string>> asked_for_;
    std::set<std::string> drivers_asked_for_;
    std::string last_driver_asked_for_;
    int added_ = 0;
    bool prefers_mirrored_parents_ = false;
};

/// The same as rapidcheck generators, which shrink.
[[nodiscard]] rc::Gen<std::vector<PlatformDocument>> arbitrary_fleet(FleetSize size = {});
[[nodiscard]] rc::Gen<Edit> arbitrary_edit();
[[nodiscard]] rc::Gen<std::vector<Edit>> arbitrary_history();

/// Draws that follow from a seed.
[[nodiscard]] Draw draw_from_seed(std::uint64_t seed);

/// What the stores of generated fleets refuse.
[[nodiscard]] bool is_poison(bson::View document);

}  // namespace twinfleet::mirroring::testing

namespace rc {
/// Prints counterexamples.
template <>
struct Arbitrary<twinfleet::mirroring::testing::Edit> {
    static Gen<twinfleet::mirroring::testing::Edit> arbitrary() {
        return twinfleet::mirroring::testing::arbitrary_edit();
    }
};
}  // namespace rc

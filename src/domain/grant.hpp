#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a group lets its users do (contract, section 4). A grant is a subject and an action; its name is
/// `<subject>_view` or `<subject>_edit`.
namespace twinfleet::domain {

/// What a grant is about. Subjects and actions stand in the order of their names, so that grants sort as their names
/// do.
enum class Subject : std::uint8_t {
    cars,
    drivers,
    groups,
    orders,
    parks,
    payments,
    photos,
    reports,
    users,
    work_rules,
};
inline constexpr std::size_t subject_count = 10;

enum class Action : std::uint8_t { edit, view };

struct Grant {
    Subject subject = Subject::cars;
    Action action = Action::view;
    auto operator<=>(const Grant&) const = default;
};

/// The name of a grant: `drivers_edit`.
[[nodiscard]] std::string_view name_of(Grant grant);
/// The grant of that name; nullopt when there is none.
[[nodiscard]] std::optional<Grant> parse_grant(std::string_view name);
/// All grants, ordered by name.
[[nodiscard]] const std::array<Grant, 2 * subject_count>& all_grants();

/// A set of grants.
class GrantSet {
public:
    void add(Grant grant) noexcept { bits_ |= bit(grant); }
    [[nodiscard]] bool contains(Grant grant) const noexcept { return (bits_ & bit(grant)) != 0; }
    /// Whether the set holds the grant, or the `_edit` that implies it.
    [[nodiscard]] bool allows(Grant grant) const noexcept {
        return contains(grant) || contains({grant.subject, Action::edit});
    }
    [[nodiscard]] bool empty() const noexcept { return bits_ == 0; }
    /// The grants as they stand in a child park: each `_edit` becomes `_view`.
    [[nodiscard]] GrantSet read_only() const;
    /// The names of the grants, in order.
    [[nodiscard]] std::vector<std::string_view> names() const;
    bool operator==(const GrantSet&) const = default;

private:
    static constexpr std::uint32_t bit(Grant grant) noexcept {
        return std::uint32_t{1} << (2 * static_cast<unsigned>(grant.subject) + static_cast<unsigned>(grant.action));
    }

    std::uint32_t bits_ = 0;
};

/// `cars_edit,users_view`: how a set is written where a list of texts is unhandy.
[[nodiscard]] std::string joined_names(const GrantSet& grants);
/// Reads what joined_names() wrote. Unknown names, which a newer program may have stored, grant nothing and are left
/// out.
[[nodiscard]] GrantSet parse_joined_names(std::string_view text);

}  // namespace twinfleet::domain

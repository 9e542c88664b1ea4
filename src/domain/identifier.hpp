#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

/// The words of the platform that every capability shares, as values: ids, families, phones, licences, grants.
namespace twinfleet::domain {

/// A string id that does not mix with ids of another kind.
template <typename Tag>
class Identifier {
public:
    Identifier() = default;
    explicit Identifier(std::string value) : value_(std::move(value)) {}
    explicit Identifier(std::string_view value) : value_(value) {}
    explicit Identifier(const char* value) : value_(value) {}

    [[nodiscard]] const std::string& value() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
    auto operator<=>(const Identifier&) const = default;

private:
    std::string value_;
};

/// The id of a document in a parent park.
using ParentId = Identifier<struct ParentIdTag>;
/// The id of its copy in a family's park.
using ChildId = Identifier<struct ChildIdTag>;
/// The id of a park that has no `fleet_type`.
using ParentParkId = Identifier<struct ParentParkIdTag>;
/// The id of its copy in a family.
using ChildParkId = Identifier<struct ChildParkIdTag>;

}  // namespace twinfleet::domain

template <typename Tag>
struct std::hash<twinfleet::domain::Identifier<Tag>> {
    std::size_t operator()(const twinfleet::domain::Identifier<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.value());
    }
};

#include "clients/fleet_synchronizer/fleet_synchronizer.hpp"

#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "clients/answer_fields.hpp"

namespace twinfleet::clients {
namespace {

/// Each with its status.
struct KnownRefusal {
    http::ExpectedRefusal expected;
    ChildDriverRefusal refusal;
};
constexpr std::array known_refusals{
    KnownRefusal{{404, "driver_not_found"}, ChildDriverRefusal::driver_not_found},
    KnownRefusal{{409, "driver_not_working"}, ChildDriverRefusal::driver_not_working},
    KnownRefusal{{409, "driver_is_child"}, ChildDriverRefusal::driver_is_child},
    KnownRefusal{{409, "driver_quarantined"}, ChildDriverRefusal::driver_quarantined},
    KnownRefusal{{409, "park_not_mirrored"}, ChildDriverRefusal::park_not_mirrored},
};
constexpr auto expected_refusals = [] {
    std::array<http::ExpectedRefusal, known_refusals.size()> expected{};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] = known_refusals[i].expected;
    }
    return expected;
}();
constexpr std::array made_or_there{200, 201};

Role role_of(std::string_view name) {
    if (name == "parent") {
        return Role::parent;
    }
    if (name == "child") {
        return Role::child;
    }
    if (name == "unlinked") {
        return Role::unlinked;
    }
    throw json::BadInput("role", "it is none that is known");
}

LinksOfId links_of_id(const boost::json::object& object) {
    return {.id = text_in(object, "id"),
            .role = role_of(text_in(object, "role")),
            .links = objects_in(object, "links", [](const boost::json::object& link) {
                return Link{.family = text_in(link, "family"),
                            .id = text_in(link, "id"),
                            .park_id = text_in(link, "park_id"),
                            .state = text_in(link, "state")};
            })};
}

ChildDriver child_driver_of(const boost::json::object& object) {
    ChildDriver child{.driver_id = text_in(object, "driver_id"), .park_id = text_in(object, "park_id")};
    if (child.driver_id.empty() || child.park_id.empty()) {
        throw json::BadInput("driver_id", "expected a driver in a park, found an empty id");
    }
    return child;
}

}  // namespace

std::string_view to_string(ChildDriverRefusal refusal) noexcept {
    for (const KnownRefusal& known : known_refusals) {
        if (known.refusal == refusal) {
            return known.expected.code;
        }
    }
    return "unknown";
}

FleetSynchronizer::FleetSynchronizer(const http::JsonClientSettings& settings, const platform::Clock& clock)
    : client_(settings, clock) {}

LinksOfId FleetSynchronizer::links(std::string_view entity, std::string_view id) const {
    const std::string target = http::path_of({"v1", "links", entity, id});
    return read_answer(client_, client_.ask({.method = "GET", .target = target, .pattern = "/v1/links/{entity}/{id}"}),
                       links_of_id);
}

std::vector<LinksOfId> FleetSynchronizer::links(std::string_view entity, std::span<const std::string> ids) const {
    const std::string target = http::path_of({"v1", "links", entity});
    const boost::json::object body{{"ids", boost::json::array(ids.begin(), ids.end())}};
    const auto answer =
        client_.ask({.method = "POST", .target = target, .pattern = "/v1/links/{entity}", .body = &body});
    return read_answer(client_, answer, [&](const boost::json::object& object) {
        auto items = objects_in(object, "items", links_of_id);
        if (items.size() != ids.size()) {
            throw json::BadInput("items", "expected one for each id");
        }
        return items;
    });
}

std::variant<ChildDriver, ChildDriverRefusal> FleetSynchronizer::create_child_driver(
    std::string_view family, std::string_view parent_driver_id) const {
    const boost::json::object body{{"family", family}, {"parent_driver_id", parent_driver_id}};
    const auto outcome = client_.call({.method = "POST",
                                       .target = "/v1/children/drivers",
                                       .body = &body,
                                       .successes = made_or_there,
                                       .refusals = expected_refusals});
    if (const auto* refused = std::get_if<http::JsonRefusal>(&outcome)) {
        for (const KnownRefusal& known : known_refusals) {
            if (known.expected.code == refused->code) {
                return known.refusal;
            }
        }
    }
    return read_answer(client_, std::get<http::JsonAnswer>(outcome), child_driver_of);
}

}  // namespace twinfleet::clients

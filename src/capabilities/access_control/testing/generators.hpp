#pragma once

#include <optional>

#include <rapidcheck/gtest.h>

#include "capabilities/access_control/checking/check.hpp"
#include "domain/testing/grant_generators.hpp"

namespace rc {

template <>
struct Arbitrary<twinfleet::access_control::GroupRights> {
    static auto arbitrary() {
        using Rights = twinfleet::access_control::GroupRights;
        return gen::build<Rights>(gen::set(&Rights::grants), gen::set(&Rights::is_super), gen::set(&Rights::read_only),
                                  gen::set(&Rights::is_enabled));
    }
};

template <>
struct Arbitrary<twinfleet::access_control::UserRights> {
    static auto arbitrary() {
        using Rights = twinfleet::access_control::UserRights;
        return gen::build<Rights>(
            gen::set(&Rights::is_enabled), gen::set(&Rights::is_superuser),
            gen::set(&Rights::group,
                     gen::apply(
                         [](bool has_group, const twinfleet::access_control::GroupRights& group) {
                             return has_group ? std::optional(group) : std::nullopt;
                         },
                         gen::arbitrary<bool>(), gen::arbitrary<twinfleet::access_control::GroupRights>())));
    }
};

}  // namespace rc

namespace twinfleet::access_control {

// So that rapidcheck can show them.
inline std::ostream& operator<<(std::ostream& out, const GroupRights& group) {
    return out << "group " << group.grants << (group.is_super ? " super" : "") << (group.read_only ? " read-only" : "")
               << (group.is_enabled ? "" : " disabled");
}
inline std::ostream& operator<<(std::ostream& out, const UserRights& user) {
    out << "user" << (user.is_enabled ? "" : " disabled") << (user.is_superuser ? " superuser" : "");
    return user.group ? out << ", " << *user.group : out << ", no group";
}

}  // namespace twinfleet::access_control

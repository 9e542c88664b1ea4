#pragma once

#include <ostream>
#include <vector>

#include <rapidcheck/gtest.h>

#include "domain/grant.hpp"

namespace rc {

template <>
struct Arbitrary<twinfleet::domain::Grant> {
    static auto arbitrary() { return gen::elementOf(twinfleet::domain::all_grants()); }
};

template <>
struct Arbitrary<twinfleet::domain::GrantSet> {
    static auto arbitrary() {
        using namespace twinfleet;
        return gen::map(gen::arbitrary<std::vector<domain::Grant>>(), [](const std::vector<domain::Grant>& grants) {
            domain::GrantSet set;
            for (const domain::Grant grant : grants) {
                set.add(grant);
            }
            return set;
        });
    }
};

}  // namespace rc

namespace twinfleet::domain {

// So that rapidcheck can show them.
inline std::ostream& operator<<(std::ostream& out, Grant grant) {
    return out << name_of(grant);
}
inline std::ostream& operator<<(std::ostream& out, const GrantSet& set) {
    return out << '{' << joined_names(set) << '}';
}

}  // namespace twinfleet::domain

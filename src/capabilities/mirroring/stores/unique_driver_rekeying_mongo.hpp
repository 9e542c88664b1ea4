#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::mirroring {

/// What rekey_unique_drivers() has done.
struct Rekeying {
    /// Records that have their licence in normal form now.
    std::size_t renamed = 0;
    /// Records whose profiles went into the record of the same licence. They stay, without profiles, and name that one
    /// in `merged_into`.
    std::size_t merged = 0;
    /// Records that were left as they are: the server refused the change, `profiles` is no list, or others kept writing
    /// them.
    std::size_t left = 0;
    /// The `_id` of the first of these, as Extended JSON unless it is a string; at most 20.
    std::vector<std::string> left_ids;
};

/// Brings records of `dbtaxi.unique_drivers` into the present normal form (domain/license.hpp) whose `license` was
/// stored by an earlier one, or by whoever else normalizes in another way. All spellings of a licence become one
/// record: the one that has the normal form already, or else the first that is met, which keeps its `_id` and
/// everything else in it. Of a driver who stands in several, the profile in that record stays.
///
/// Reads only records whose licence holds another character than 0-9 and A-Z, by the index of `license`, and holds a
/// few hundred of them in memory. Every write names what it has read, and profiles are added to the one record before
/// they are taken out of the other, so it may be interrupted at any point, run twice at once, and run beside services
/// that write records: none loses a profile, and the next run does the rest. Throws as EntityStore does.
[[nodiscard]] Rekeying rekey_unique_drivers(const mongo::Pool& pool, const UniqueDriversPlace& place = {});

}  // namespace twinfleet::mirroring

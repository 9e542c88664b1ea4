#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "domain/app_family.hpp"
#include "domain/identifier.hpp"

namespace twinfleet::mirroring {

/// A child driver as a profile in `dbtaxi.unique_drivers`, which has one record for each licence, shared by all
/// families (contract, section 1).
struct DriverProfile {
    /// The normalized licence (domain/license.hpp), in whose record the profile belongs. Empty when the driver has
    /// none; the profile then belongs in no record.
    std::string license;
    domain::ChildParkId park_id;
    domain::ChildId driver_id;
    /// Whether the id was made up for this driver a moment ago, so that no record can hold it yet. It saves looking for
    /// him.
    bool has_new_id = false;
};

/// Where a profile stands.
enum class ProfilePlace : std::uint8_t {
    right,            ///< once, in the record of the licence, as it should; or, without a licence, in no record
    wrong_content,    ///< once, in the record of the licence, but with another park or family
    twice,            ///< in the record of the licence and in another one, or more than once in one record
    in_wrong_record,  ///< not in the record of the licence, but in another one
    missing,          ///< in no record
};

/// The records of unique drivers, as far as the mirror has to do with them: one profile for each child driver. Throws
/// as EntityStore does; safe to use from several threads. Every call may be repeated.
class UniqueDriverStore {
public:
    UniqueDriverStore() = default;
    UniqueDriverStore(const UniqueDriverStore&) = delete;
    UniqueDriverStore& operator=(const UniqueDriverStore&) = delete;
    virtual ~UniqueDriverStore() = default;

    /// Puts each profile into the record of its licence, so that the driver stands there exactly once, with the park
    /// that the profile names, and then takes him out of every other record. A licence without a record gets one.
    /// Profiles of other drivers, and all else in a record, stay. Returns, in ascending order, the positions of
    /// profiles whose record cannot take them, for example because its `profiles` are no list; such a driver stays
    /// where he is.
    [[nodiscard]] virtual std::vector<std::size_t> place_profiles(const domain::AppFamily& family,
                                                                  std::span<const DriverProfile> profiles) = 0;

    /// Where each of the profiles stands, in the same order. Reads only; no profile may have a new id.
    [[nodiscard]] virtual std::vector<ProfilePlace> find_profiles(const domain::AppFamily& family,
                                                                  std::span<const DriverProfile> profiles) = 0;
};

}  // namespace twinfleet::mirroring

#include "capabilities/mirroring/memory/erasures/erasure_store.hpp"

namespace twinfleet::mirroring {

ErasedCounts& ErasedCounts::operator+=(const ErasedCounts& other) noexcept {
    children += other.children;
    child_fields += other.child_fields;
    foreign_edits += other.foreign_edits;
    quarantine_entries += other.quarantine_entries;
    unique_driver_profiles += other.unique_driver_profiles;
    unique_driver_records += other.unique_driver_records;
    sessions += other.sessions;
    positions += other.positions;
    return *this;
}

}  // namespace twinfleet::mirroring

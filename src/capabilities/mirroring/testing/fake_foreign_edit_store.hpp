#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <vector>

#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"

namespace twinfleet::mirroring::testing {

/// Records of foreign edits in memory: those that a test puts there.
class FakeForeignEditStore final : public ForeignEditStore {
public:
    std::vector<ForeignEditRecord> list(const ForeignEditFilter& filter) override {
        if (failure) {
            std::rethrow_exception(failure);
        }
        std::vector<ForeignEditRecord> found;
        for (const ForeignEditRecord& record : records) {
            const bool is_asked_for = record.id > filter.after_id &&
                                      (filter.entity.empty() || filter.entity == record.entity) &&
                                      (filter.family.empty() || filter.family == record.family) &&
                                      (filter.park_id.empty() || filter.park_id == record.edit.parent_park_id.value() ||
                                       filter.park_id == record.edit.child_park_id.value()) &&
                                      (!filter.since || record.found_at >= *filter.since);
            if (is_asked_for && found.size() < filter.limit) {
                found.push_back(record);
            }
        }
        return found;
    }
    std::size_t prune(std::chrono::hours /*kept_for*/, std::size_t /*limit*/) override { return 0; }

    /// In order of id.
    std::vector<ForeignEditRecord> records;
    /// Thrown in place of an answer, where there is one.
    std::exception_ptr failure;
};

}  // namespace twinfleet::mirroring::testing

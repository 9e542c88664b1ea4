#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// How a child that exists differs from what it should hold.
struct Difference {
    struct Field {
        std::string name;
        /// What stands in the child; absent when the child does not have the field.
        std::optional<bson::Element> from;
        /// What should stand there; absent when the child should not have the field.
        std::optional<bson::Element> to;
    };
    /// The elements look into the documents that were compared.
    std::vector<Field> fields;
    /// Whether the child's `updated_ts` is an empty Timestamp, so that no reader of changes finds it
    /// (EntityStore::with_empty_time()): any write of the child sets it.
    bool has_empty_time = false;
    [[nodiscard]] bool empty() const noexcept { return fields.empty() && !has_empty_time; }
};

}  // namespace twinfleet::mirroring

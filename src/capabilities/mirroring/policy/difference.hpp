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
    [[nodiscard]] bool empty() const noexcept { return fields.empty(); }
};

}  // namespace twinfleet::mirroring

#pragma once

#include <string>

#include "capabilities/mirroring/passes/mirror_environment.hpp"

namespace twinfleet::mirroring {

/// By what a parent says that his data is to be erased: a field at the top of his document, and its value.
struct ErasedParents {
    /// Empty: no parent says so.
    std::string field;
    /// The text that the field holds then; `true` and `false` stand for a boolean as well.
    std::string value;
};

/// The question whether a parent says so; empty when none does.
[[nodiscard]] ParentErased parent_erased_by(const ErasedParents& mark);

}  // namespace twinfleet::mirroring

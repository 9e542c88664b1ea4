#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/policy/projection.hpp"
#include "capabilities/mirroring/stores/mirror_stores.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::mirroring {

/// One child that was created, changed or switched off; in a dry run, one that would be.
struct OperationReport {
    enum class Kind : std::uint8_t { create, update, retire };
    Kind kind;
    const Entity* entity;
    const domain::AppFamily* family;
    const domain::ParentId* parent_id;
    const domain::ChildId* child_id;
    const Difference* difference;
};

/// Whether the configuration by city says that this park is to be mirrored into this family.
using ParkEnabled = std::function<bool(const ParentFacts& park, const domain::AppFamily& family)>;

/// Whether this driver, a parent, says that his data is to be erased.
using ParentErased = std::function<bool(bson::View driver)>;

/// Called for an operation.
using OnOperation = std::function<void(const OperationReport&)>;

/// Called for a field of an entity that may hold a reference which nobody has taught the mirror.
using OnUntaughtReference = std::function<void(const Entity& entity, std::string_view field)>;

/// Called for the foreign edits that a batch found.
using OnForeignEdits =
    std::function<void(const Entity& entity, const domain::AppFamily& family, const ForeignEditsFound& found)>;

/// Everything that mirroring works with: stores, a clock, the configuration by city, and functions that want to be told
/// what happens. All that this refers to outlives the passes.
struct MirrorEnvironment {
    MirrorStores stores;
    const platform::Clock& clock;
    ParkEnabled park_enabled;
    /// Asked about every parent of an entity whose data can be erased; may be empty: then none says so.
    ParentErased parent_erased = {};
    /// Called for every operation once it has been done, from one thread at a time; may be empty.
    OnOperation on_operation = {};
    /// Called when a value in a field without a policy is the id of a parent: somebody has added a reference, and
    /// nobody has taught it to the mirror. May be empty.
    OnUntaughtReference on_untaught_reference = {};
    /// Called after each batch that found foreign edits, once these have been recorded; may be empty.
    OnForeignEdits on_foreign_edits = {};
    /// Called before children are retired because their parents are not there, and before a driver is erased; throws
    /// SourceIsAnother when the documents are not those that the links are of. May be empty.
    std::function<void()> require_source = {};
};

}  // namespace twinfleet::mirroring

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "capabilities/mirroring/policy/projection.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::mirroring {

/// New ids: 32 lower-case hex digits (contract, section 1). Safe to call from any thread.
class IdSource {
public:
    IdSource() = default;
    IdSource(const IdSource&) = delete;
    IdSource& operator=(const IdSource&) = delete;
    virtual ~IdSource() = default;
    [[nodiscard]] virtual std::string next() = 0;
};

/// From libsodium's generator.
class RandomIdSource final : public IdSource {
public:
    RandomIdSource();
    [[nodiscard]] std::string next() override;
};

/// What a pass was about to do, or did: the lines of a dry run.
struct OperationReport {
    enum class Kind : std::uint8_t { create, update, retire };
    Kind kind;
    const Entity* entity;
    const domain::AppFamily* family;
    const domain::ParentId* parent_id;
    const domain::ChildId* child_id;
    const Difference* difference;
};

/// The city configuration's answer for one park.
using ParkEnabled = std::function<bool(const ParentFacts& park, const domain::AppFamily& family)>;

using OnForeignEdits =
    std::function<void(const Entity& entity, const domain::AppFamily& family, const ForeignEditsFound& found)>;

/// What mirroring touches. Every member outlives the passes; stores may be used from several threads.
struct World {
    LinkStore& links;
    /// By entity name.
    const std::map<std::string, EntityStore*, std::less<>>& stores;
    UniqueDriverStore& unique_drivers;
    IdSource& ids;
    const platform::Clock& clock;
    ParkEnabled park_enabled;
    /// Told of every operation when it has been done; may be empty. Called from one thread at a time.
    std::function<void(const OperationReport&)> on_operation;
    /// A value in a field without a policy is the id of a parent: somebody added a reference that nobody taught the
    /// mirror.
    std::function<void(const Entity& entity, std::string_view field)> on_untaught_reference;
    /// Told, for each batch that found some, when they have been recorded; may be empty.
    OnForeignEdits on_foreign_edits = {};

    [[nodiscard]] EntityStore& store(const Entity& entity) const { return *stores.find(entity.name)->second; }
};

}  // namespace twinfleet::mirroring

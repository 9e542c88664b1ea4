#pragma once

#include <memory>

#include "capabilities/mirroring/stores/mirror_stores.hpp"

namespace twinfleet::mirroring {

/// The stores as a dry run sees them: reads go through to the real ones, writes are remembered as far as later reads
/// depend on them and go nowhere. One object serves all jobs of a `run --dry-run`, so that the later jobs see what the
/// earlier ones would have made. Safe to use from several threads.
class DryRunStores {
public:
    /// The real stores outlive this.
    explicit DryRunStores(const MirrorStores& real);
    ~DryRunStores();
    DryRunStores(const DryRunStores&) = delete;
    DryRunStores& operator=(const DryRunStores&) = delete;

    /// The stores to give to a dry run. The result refers to this object.
    [[nodiscard]] MirrorStores stores() noexcept;

    /// Whether the id stands for a child that is not made yet: no store makes such an id.
    [[nodiscard]] static bool is_of_child_to_be_made(const domain::ChildId& id);

private:
    struct Stores;
    std::unique_ptr<Stores> stores_;
};

}  // namespace twinfleet::mirroring

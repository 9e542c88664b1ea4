#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t pruned_at_once = 500;

}  // namespace

std::size_t prune_foreign_edits(ForeignEditStore& store, std::chrono::hours kept_for) {
    std::size_t pruned = 0;
    for (;;) {
        const std::size_t portion = store.prune(kept_for, pruned_at_once);
        pruned += portion;
        if (portion < pruned_at_once) {
            return pruned;
        }
    }
}

}  // namespace twinfleet::mirroring

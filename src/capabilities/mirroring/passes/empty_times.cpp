#include "capabilities/mirroring/passes/empty_times.hpp"

#include <algorithm>
#include <vector>

#include "capabilities/mirroring/passes/child_writer.hpp"
#include "capabilities/mirroring/passes/documents_by_id.hpp"

namespace twinfleet::mirroring {

std::size_t set_empty_times(const BatchContext& context, const DocumentBatch& documents) {
    const DocumentsById by_id = documents_by_id(documents);
    std::vector<domain::ChildId> ids;
    ids.reserve(by_id.size());
    for (const auto& [id, document] : by_id) {
        ids.emplace_back(id);
    }
    std::vector<ChildUpdate> updates;
    for (const auto& [family, link] : context.links.find_by_child(context.entity, ids)) {
        if (family == context.family.name) {
            updates.push_back(touching_update(link.child_id, by_id.find(link.child_id.value())->second));
        }
    }
    if (updates.empty()) {
        return 0;
    }
    context.settings.assert_lease();
    const auto outcomes = context.documents.update(updates);
    return static_cast<std::size_t>(std::ranges::count(outcomes, WriteOutcome::written));
}

}  // namespace twinfleet::mirroring

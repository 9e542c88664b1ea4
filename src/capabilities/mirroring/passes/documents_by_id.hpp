#pragma once

#include <string_view>
#include <unordered_map>

#include "capabilities/mirroring/stores/entity_store.hpp"

namespace twinfleet::mirroring {

/// Documents by their `_id`. Keys and documents look into the batch that they come from.
using DocumentsById = std::unordered_map<std::string_view, bson::View>;

/// The documents of a batch whose `_id` is a string.
[[nodiscard]] inline DocumentsById documents_by_id(const DocumentBatch& documents) {
    DocumentsById found;
    found.reserve(documents.size());
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const bson::View document = documents[i];
        if (const auto id = document.find("_id"); id && id->is_string()) {
            found.emplace(id->string(), document);
        }
    }
    return found;
}

}  // namespace twinfleet::mirroring

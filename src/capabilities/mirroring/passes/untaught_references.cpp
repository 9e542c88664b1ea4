#include "capabilities/mirroring/passes/untaught_references.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t values_per_field_max = 256;

}  // namespace

void UntaughtReferences::watch(const MirrorBatch& batch) {
    const auto& tell = context_.environment.on_untaught_reference;
    if (!tell) {
        return;
    }
    std::vector<Projector::Suspect> suspects;
    for (const auto& item : batch.items) {
        if (item.result == MirrorBatch::Result::created || item.result == MirrorBatch::Result::updated) {
            context_.projector.collect_suspects(item.parent.document, suspects);
        }
    }
    std::unordered_map<std::string, std::vector<std::string>> fields_by_text;
    for (const auto& suspect : suspects) {
        auto seen = values_seen_.find(suspect.field);
        if (seen == values_seen_.end()) {
            seen = values_seen_.emplace(suspect.field, 0).first;
        }
        if (seen->second < values_per_field_max) {
            ++seen->second;
            fields_by_text[std::string(suspect.text)].emplace_back(suspect.field);
        }
    }
    if (fields_by_text.empty()) {
        return;
    }
    std::vector<std::string> texts;
    texts.reserve(fields_by_text.size());
    for (const auto& [text, fields] : fields_by_text) {
        texts.push_back(text);
    }
    std::sort(texts.begin(), texts.end());
    for (const auto& [name, store] : context_.environment.stores.entities) {
        // Another service may be away, and need not hold up this job for a hint.
        if (entity(name).storage != context_.entity.storage) {
            continue;
        }
        for (const auto& found : store->presence(texts)) {
            for (const std::string& field : fields_by_text[found.id]) {
                tell(context_.entity, field);
            }
        }
    }
}

}  // namespace twinfleet::mirroring

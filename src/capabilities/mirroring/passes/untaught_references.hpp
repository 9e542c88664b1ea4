#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "capabilities/mirroring/passes/batch_context.hpp"
#include "capabilities/mirroring/passes/mirror_batch.hpp"

namespace twinfleet::mirroring {

/// Notices references that nobody has taught the mirror: values that are the id of a parent of some entity, in fields
/// without a policy. Looks at the first few hundred values of each field only, since a reference is noticed among
/// those. For one thread at a time.
class UntaughtReferences {
public:
    /// The context outlives this.
    explicit UntaughtReferences(const BatchContext& context) : context_(context) {}

    /// Looks at the parents whose children this batch wrote, and tells the environment's listener what it finds. Asks
    /// the stores only where there are such values and a listener is set. Throws what the stores throw.
    void watch(const MirrorBatch& batch);

private:
    const BatchContext& context_;
    /// Values looked at, by field.
    std::map<std::string, std::size_t, std::less<>> values_seen_;
};

}  // namespace twinfleet::mirroring

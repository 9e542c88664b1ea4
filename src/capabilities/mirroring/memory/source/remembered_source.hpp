#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"

namespace twinfleet::mirroring {

/// What the mirror remembers of the MongoDB cluster that its links are of: the marker that it left there
/// (stores/marked_source.hpp). Safe to use from any thread. Every call may be repeated.
class RememberedSource {
public:
    RememberedSource() = default;
    RememberedSource(const RememberedSource&) = delete;
    RememberedSource& operator=(const RememberedSource&) = delete;
    virtual ~RememberedSource() = default;

    /// nullopt until a cluster has been met.
    [[nodiscard]] virtual std::optional<std::string> marker() = 0;
    /// Remembers the marker unless one is remembered. Returns the one that is remembered then: that of another process,
    /// if it was faster.
    [[nodiscard]] virtual std::string remember(const std::string& marker) = 0;
    /// Remembers this marker in place of any other.
    virtual void replace(const std::string& marker) = 0;
    /// The ids of some children of the entity whose links are `linked`, of any family, at most `count_max` of them.
    /// Such children exist in the cluster that the links are of, but for those that others have removed.
    [[nodiscard]] virtual std::vector<std::string> sample_of_children(const Entity& entity, std::size_t count_max) = 0;
};

}  // namespace twinfleet::mirroring

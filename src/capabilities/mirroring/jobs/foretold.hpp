#pragma once

#include <memory>

#include "capabilities/mirroring/jobs/job_runner.hpp"

namespace twinfleet::mirroring {

/// The stores as a dry run sees them: reads go through, writes are remembered and go nowhere. A child that does not
/// exist yet has the id that is_foretold() knows. Make one for all jobs of a `run --dry-run`.
class Foretold {
public:
    explicit Foretold(const JobDependencies& dependencies);
    ~Foretold();

    [[nodiscard]] LinkStore& links();
    [[nodiscard]] QuarantineStore& quarantine();
    [[nodiscard]] const std::map<std::string, EntityStore*, std::less<>>& stores() const;
    [[nodiscard]] UniqueDriverStore& unique_drivers();
    [[nodiscard]] IdSource& ids();

    /// The id stands for a child that is not made yet.
    [[nodiscard]] static bool is_foretold(const domain::ChildId& id);

private:
    struct Stores;
    std::unique_ptr<Stores> stores_;
};

}  // namespace twinfleet::mirroring

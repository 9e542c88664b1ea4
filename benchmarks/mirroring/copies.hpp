#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/mirroring/fleet.hpp"

namespace twinfleet::benchmarks {

/// What the mirror is compared with. Each copies the fleet into collections beside the originals, in a process of its
/// own. All of them read and insert documents as they stand but for the `_id`, in unordered batches of the size that
/// the mirror's batches have: no policies, no references, no planner.
enum class Copy : std::uint8_t {
    /// Documents alone, on one thread, into collections without indexes.
    raw,
    /// The least that whoever does the mirror's work has to ask of its stores: documents into collections with the
    /// mirror's indexes, unique drivers, a link reserved durably before each insert (COPY) and committed after it, all
    /// steps overlapping as they do in the mirror. Nothing is looked up.
    floor,
    /// The same work as somebody would write it as a script: one step after the other, links looked up and inserted
    /// where there are none, records of unique drivers read and then written.
    plain_job,
};

[[nodiscard]] std::string name_of(Copy copy);
/// The copy of that name; throws std::invalid_argument for other names.
[[nodiscard]] Copy copy_of(const std::string& name);

/// The stores to copy in.
struct CopyTarget {
    std::string mongo_uri;
    std::string postgres_dsn;
    Records records = Records::all;
};

/// Makes the empty collections and the table that the copies fill, and a copy of the unique drivers.
void prepare_copies(const CopyTarget& target, Copy copy);
/// Copies everything and returns the number of documents, without those of unique drivers.
[[nodiscard]] std::size_t run_copy(const CopyTarget& target, Copy copy);
/// Removes what prepare_copies() made.
void remove_copies(const CopyTarget& target);

}  // namespace twinfleet::benchmarks

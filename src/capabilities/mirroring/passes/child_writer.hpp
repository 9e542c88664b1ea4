#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/passes/batch_context.hpp"
#include "capabilities/mirroring/passes/documents_by_id.hpp"

namespace twinfleet::mirroring {

/// Children that are about to be written, and their parents, as one attempt read them.
struct ChildrenRead {
    DocumentBatch children;
    DocumentsById child_by_id;
    BegunWrite begun;
    /// What begin_write() took, by parent id: a child without a hash here may have been written by anybody.
    std::unordered_map<std::string_view, SourceHash> last_written;
    /// Ids of parents whose children somebody else has begun to write and not finished.
    std::unordered_set<std::string_view> contended;
    /// Read last. May be taken away by whoever needs them for longer than the attempt.
    std::unique_ptr<DocumentBatch> parents;
};

/// How a child is to be written.
enum class ChildWriteKind : std::uint8_t {
    insert,
    update,
    touch,  ///< the child is right already, but gets a new version, so that whoever began earlier is refused
};

/// What one attempt is to write, each with the position of its link.
class ChildWrites {
public:
    void insert(std::size_t position, ChildInsert child);
    void update(std::size_t position, ChildUpdate update);
    void touch(std::size_t position, ChildUpdate update);

private:
    friend class ChildWriter;
    std::vector<ChildInsert> inserts_;
    std::vector<ChildUpdate> updates_;
    std::vector<ChildUpdate> touches_;
    std::vector<std::size_t> inserted_;
    std::vector<std::size_t> updated_;
    std::vector<std::size_t> touched_;
};

/// What is to become of the children of some links: ChildWriter asks at every attempt. Positions are the caller's.
class ChildChange {
public:
    ChildChange() = default;
    ChildChange(const ChildChange&) = delete;
    ChildChange& operator=(const ChildChange&) = delete;
    virtual ~ChildChange() = default;

    [[nodiscard]] virtual const Link& link_at(std::size_t position) const = 0;
    /// From children and parents as they are now. A position for which nothing is to be written is done with.
    [[nodiscard]] virtual ChildWrites decide(std::span<const std::size_t> positions, ChildrenRead& read) = 0;
    /// What came of a write that was decided. True: the child is to be read and tried again.
    [[nodiscard]] virtual bool take(std::size_t position, ChildWriteKind kind, WriteOutcome outcome) = 0;
    /// All outcomes have been told; `read` goes away now.
    virtual void end_attempt(const ChildrenRead& /*read*/) {}
};

/// The one way in which children that exist, or may exist, are written. Each attempt, in this order:
///
///   1. reads the children
///   2. begins the write in the link store, which takes their hashes and the say on their links
///   3. reads their parents
///   4. writes; every update names the version of the child that was read
///
/// So each version of a child comes from a parent that was read after the version before it was written, and what a
/// child holds never goes back in time, whoever else writes.
///
/// The source hash is right as well. Whoever begins while another write is open takes the say on the link from it, and
/// makes a new version of the child even where its content is right already (a touch): he who began earlier read the
/// child earlier still, so his write is refused from then on. Hence once a hash is recorded, only who begins after that
/// can write the child, and he takes the hash away first.
class ChildWriter {
public:
    /// The context outlives this.
    explicit ChildWriter(const BatchContext& context) : context_(context) {}

    /// Tries the links at these positions until each is done with, or the attempts are used up; returns the positions
    /// that are left then. Throws what the stores throw, and LeaseLost.
    [[nodiscard]] std::vector<std::size_t> write(ChildChange& change, std::vector<std::size_t> positions);

private:
    [[nodiscard]] std::vector<std::size_t> attempt(ChildChange& change, std::span<const std::size_t> positions);
    [[nodiscard]] ChildrenRead read(const ChildChange& change, std::span<const std::size_t> positions);

    const BatchContext& context_;
};

/// An update of this child that changes nothing yet, guarded by the version that was read.
[[nodiscard]] ChildUpdate guarded_update(const domain::ChildId& id, bson::View child);

}  // namespace twinfleet::mirroring

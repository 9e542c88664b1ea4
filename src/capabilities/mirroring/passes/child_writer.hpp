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

/// What one attempt has read: children that are about to be written, and their parents.
struct ChildrenRead {
    DocumentBatch children;
    DocumentsById child_by_id;
    BegunWrite begun;
    /// The hashes that begin_write() took, by parent id. A child without a hash here may have been written by anybody.
    std::unordered_map<std::string_view, SourceHash> last_written;
    /// Ids of parents whose children somebody else has begun to write without finishing.
    std::unordered_set<std::string_view> contended;
    /// The parents, which are read last. The caller may move them out of here to keep them for longer than the attempt.
    std::unique_ptr<DocumentBatch> parents;
};

/// How a child is to be written.
enum class ChildWriteKind : std::uint8_t {
    insert,
    update,
    touch,  ///< the child is right already, but gets a new version, so that earlier writes are refused
};

/// What one attempt is to write. Each write comes with the position of its link.
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

/// Decides what is to become of the children of some links; ChildWriter asks at every attempt. A position is the number
/// by which the caller knows a link.
class ChildChange {
public:
    ChildChange() = default;
    ChildChange(const ChildChange&) = delete;
    ChildChange& operator=(const ChildChange&) = delete;
    virtual ~ChildChange() = default;

    /// The link at that position.
    [[nodiscard]] virtual const Link& link_at(std::size_t position) const = 0;
    /// Decides what to write, from the children and parents as they are now. A position for which nothing is to be
    /// written is finished.
    [[nodiscard]] virtual ChildWrites decide(std::span<const std::size_t> positions, ChildrenRead& read) = 0;
    /// Takes what became of a write that was decided. Returns true when the child is to be read and tried again.
    [[nodiscard]] virtual bool take(std::size_t position, ChildWriteKind kind, WriteOutcome outcome) = 0;
    /// Called at the end of an attempt, when all outcomes have been told and before `read` is destroyed.
    virtual void end_attempt(const ChildrenRead& /*read*/) {}
};

/// Writes children that exist, or may exist; no other code does, but for set_empty_times(), which changes no content.
/// Each attempt takes these steps in this order:
///
///     1. reads the children
///     2. begins the write in the link store, which takes their hashes and the say on their links
///     3. reads their parents
///     4. writes; every update names the version of the child that was read
///
/// So each version of a child comes from a parent that was read after the version before it was written. What a child
/// holds never goes back in time, whoever else writes.
///
/// The source hash is right as well. A writer that begins while another write is open takes the say on the link from
/// that write, and makes a new version of the child even where its content is right already (a touch). The writer that
/// began earlier read the child earlier still, so its writes are refused from then on. Hence once a hash is recorded,
/// only a writer that begins after that can write the child, and it takes the hash away first.
class ChildWriter {
public:
    /// The context outlives this.
    explicit ChildWriter(const BatchContext& context) : context_(context) {}

    /// Writes the children of the links at these positions until each is finished or the attempts are used up. Returns
    /// the positions that are left then. Throws what the stores throw, and LeaseLost.
    [[nodiscard]] std::vector<std::size_t> write(ChildChange& change, std::vector<std::size_t> positions);

private:
    [[nodiscard]] std::vector<std::size_t> attempt(ChildChange& change, std::span<const std::size_t> positions);
    [[nodiscard]] ChildrenRead read(const ChildChange& change, std::span<const std::size_t> positions);

    const BatchContext& context_;
};

/// An update of this child, guarded by the version that was read, that changes nothing yet.
[[nodiscard]] ChildUpdate guarded_update(const domain::ChildId& id, bson::View child);
/// The same that sets `updated_ts` and leaves all other fields.
[[nodiscard]] ChildUpdate touching_update(const domain::ChildId& id, bson::View child);
/// The same that puts one field into the child and leaves the others.
[[nodiscard]] ChildUpdate guarded_update(const domain::ChildId& id, bson::View child, const bson::Element& wanted);

}  // namespace twinfleet::mirroring

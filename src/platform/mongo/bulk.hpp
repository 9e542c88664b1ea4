#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/bson/view.hpp"

namespace twinfleet::mongo {

/// A single write of a bulk that the server refused.
struct WriteError {
    /// The position among the writes, in the order in which they were added.
    std::size_t index;
    /// MongoDB's code; 11000 is a duplicate key.
    int code;
    /// The server's words up to where it starts to quote data.
    std::string message;

    static constexpr int duplicate_key = 11000;
};

/// What became of the writes of a bulk.
struct BulkResult {
    std::uint64_t inserted = 0;
    /// How many documents the filters of updates and replacements found, and how many of these were changed.
    std::uint64_t matched = 0;
    std::uint64_t modified = 0;
    /// How many documents updates have made because their filters found none; these count as neither of the above.
    std::uint64_t upserted = 0;
    std::uint64_t removed = 0;
    /// In order of index.
    std::vector<WriteError> errors;
};

/// Writes that are sent together, in no particular order: inserts, updates and removals each in a request of their own.
/// Documents are sent unchecked. Holds one connection of the pool until it is destroyed.
class Bulk {
public:
    struct Handle;
    explicit Bulk(std::unique_ptr<Handle> handle) noexcept;
    Bulk(Bulk&&) noexcept;
    Bulk& operator=(Bulk&&) noexcept;
    ~Bulk();

    void insert(bson::View document);
    /// `update` holds operators ($set, ...).
    void update_one(bson::View filter, bson::View update, bool upsert = false);
    void update_many(bson::View filter, bson::View update);
    void replace_one(bson::View filter, bson::View document);
    void remove_one(bson::View filter);
    /// How many writes were added.
    [[nodiscard]] std::size_t size() const noexcept;
    /// Sends all writes; may be called once. Refusals of single writes are in the result. Throws platform::StoreRefused
    /// when the server refuses a request as a whole, as it does for a document over its size limit; such documents must
    /// not be added. Throws platform::ConnectionBroken when the connection ends before the answer. Throws another
    /// platform::StoreUnavailable when the server is lost, does not answer in time, or has written but not as widely as
    /// the write concern asks. In all of these cases some of the writes, or all, may have happened. An empty bulk does
    /// not ask the server.
    [[nodiscard]] BulkResult execute();

private:
    std::unique_ptr<Handle> handle_;
};

}  // namespace twinfleet::mongo

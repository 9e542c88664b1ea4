#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mongo {

/// What Collection::find() is to read, in addition to the filter. With an empty projection documents are read as a
/// whole, and with an empty sort they come in no particular order.
struct FindOptions {
    bson::Document projection;
    bson::Document sort;
    /// The most documents to read; 0 for no limit.
    std::int64_t limit = 0;
    /// How many documents the first answer holds. The size of later answers follows from the size of the documents, so
    /// that an answer has about `batch_bytes_target` bytes and at most `batch_size_max` documents.
    std::uint32_t batch_size = 200;
    std::uint32_t batch_size_max = 1000;
    std::size_t batch_bytes_target = std::size_t{4} << 20;
    /// Reads from the primary, even if the connection string has `readPreference` say otherwise
    /// (mongodb.com/docs/manual/core/read-preference).
    bool from_primary = false;
    /// Reads what the primary has at this moment, even what a majority of the replica set does not have yet and a
    /// change of the primary may take back (read concern `local`). Unique indexes and the filters of updates go by it,
    /// so it tells why a write found what it found. Implies from_primary.
    bool is_uncommitted = false;
    /// Reads from this server, whatever `readPreference` says: see Pool::choose_replica().
    std::optional<std::uint32_t> server_id = std::nullopt;
};

/// The documents that a query finds, one after the other. Holds one connection of the pool until it is destroyed.
class Cursor {
public:
    struct Handle;
    explicit Cursor(std::unique_ptr<Handle> handle) noexcept;
    Cursor(Cursor&&) noexcept;
    Cursor& operator=(Cursor&&) noexcept;
    ~Cursor();

    /// The next document, valid until the next call; nullopt at the end. Throws platform::StoreUnavailable when the
    /// server is lost before the end, and again at every further call, so that the end of a broken answer is never
    /// taken for the end of the data.
    [[nodiscard]] std::optional<bson::View> next();

private:
    std::unique_ptr<Handle> handle_;
};

}  // namespace twinfleet::mongo

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mongo {

/// What Collection::find() is to read, beside the filter. An empty document asks for nothing: whole documents, in no
/// particular order.
struct FindOptions {
    bson::Document projection;
    bson::Document sort;
    /// 0: no limit.
    std::int64_t limit = 0;
    /// Documents in the first answer. Later answers are sized by what the documents turned out to weigh, so that one
    /// answer stays near `batch_bytes_target`.
    std::uint32_t batch_size = 200;
    std::uint32_t batch_size_max = 1000;
    std::size_t batch_bytes_target = std::size_t{4} << 20;
};

/// The answer to a query, document by document. Holds one connection of the pool until it is destroyed.
class Cursor {
public:
    struct Handle;
    explicit Cursor(std::unique_ptr<Handle> handle) noexcept;
    Cursor(Cursor&&) noexcept;
    Cursor& operator=(Cursor&&) noexcept;
    ~Cursor();

    /// The next document, valid until the next call; nullopt at the end. Throws platform::StoreUnavailable when the
    /// server is lost in between, also when it is asked again: the end of a broken answer is never taken for the end of
    /// the data.
    [[nodiscard]] std::optional<bson::View> next();

private:
    std::unique_ptr<Handle> handle_;
};

}  // namespace twinfleet::mongo

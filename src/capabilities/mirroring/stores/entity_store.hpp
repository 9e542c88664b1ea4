#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "domain/identifier.hpp"
#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// Documents that were read together; one block of memory for all of them.
class DocumentBatch {
public:
    /// Room for so much, to spare growing step by step.
    void reserve(std::size_t documents, std::size_t bytes) {
        starts_.reserve(documents);
        bytes_.reserve(bytes);
    }
    void add(bson::View document) {
        starts_.push_back(bytes_.size());
        const auto bytes = document.bytes();
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    [[nodiscard]] bson::View operator[](std::size_t i) const {
        const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] : bytes_.size();
        return bson::View(bson::Bytes(bytes_).subspan(starts_[i], end - starts_[i]));
    }
    [[nodiscard]] std::size_t size() const noexcept { return starts_.size(); }
    [[nodiscard]] bool empty() const noexcept { return starts_.empty(); }
    [[nodiscard]] std::size_t size_bytes() const noexcept { return bytes_.size(); }
    void clear() {
        starts_.clear();
        bytes_.clear();
    }

private:
    std::vector<std::uint8_t> bytes_;
    std::vector<std::size_t> starts_;
};

/// How much of a source to read.
struct Scope {
    /// Empty: all parks. Otherwise only documents of these (for parks: these).
    std::vector<domain::ParentParkId> parks;
    /// Instead: only documents whose park field is missing, no string, or a string that is no id (empty, with a NUL,
    /// longer than an id may be).
    bool is_without_park = false;
    [[nodiscard]] bool everything() const noexcept { return parks.empty() && !is_without_park; }
};

struct BatchLimits {
    std::size_t documents_max = 1000;
    /// A batch ends when it holds this much; a single larger document is a batch of its own.
    std::size_t bytes_max = std::size_t{4} << 20;
};

/// Documents in the order of the read. Throws like the store.
class DocumentStream {
public:
    DocumentStream() = default;
    DocumentStream(const DocumentStream&) = delete;
    DocumentStream& operator=(const DocumentStream&) = delete;
    virtual ~DocumentStream() = default;

    /// Fills `batch` (cleared first); false when there was nothing more.
    [[nodiscard]] virtual bool next(DocumentBatch& batch) = 0;
};

/// The version of a child as it was read: its `updated_ts`, or that it has none. A write that names it is refused once
/// somebody else has written the child.
struct ChildVersion {
    /// The whole field as it stands in the child; empty when it has none.
    std::vector<std::uint8_t> updated_ts;
};

struct ChildInsert {
    /// Complete but for `updated_ts`, which the server's clock sets.
    bson::Document document;
    domain::ChildId id;
};

struct ChildUpdate {
    domain::ChildId id;
    ChildVersion version;
    /// Fields to set, whole; and names of fields to remove. Never `_id` or `updated_ts`; the latter the server sets.
    bson::Document set;
    std::vector<std::string> unset;
    /// The child as it should be, without `updated_ts`, for documents whose field names cannot be addressed one by one
    /// (dots, a leading dollar); empty otherwise.
    std::optional<bson::Document> replacement;
};

enum class WriteOutcome : std::uint8_t {
    written,
    exists,       ///< insert: there is a document of that id
    moved_on,     ///< update: the child is not at that version any more, or gone
    login_taken,  ///< another document holds the unique value; only `parks` and, within a park, `users`
    refused,      ///< the store will not have it
};

/// One entity's documents, parents and children alike (they share a collection). Throws platform::StoreUnavailable when
/// the store is away; what was asked may then have happened or not. Everything here may be repeated.
class EntityStore {
public:
    EntityStore() = default;
    EntityStore(const EntityStore&) = delete;
    EntityStore& operator=(const EntityStore&) = delete;
    virtual ~EntityStore() = default;

    /// Documents with an `updated_ts` behind the cursor, oldest first within each of the two types.
    [[nodiscard]] virtual std::unique_ptr<DocumentStream> changed_since(const Cursor& cursor, const Scope& scope,
                                                                        const BatchLimits& limits) = 0;
    /// Every document.
    [[nodiscard]] virtual std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) = 0;
    /// Those that exist, in no particular order. Ids are whole `_id` values of any type.
    [[nodiscard]] virtual DocumentBatch fetch(std::span<const std::string> ids) = 0;
    /// The same for ids that need not be strings, as Quarantined::parent_id writes them. One that is a string and reads
    /// like Extended JSON, too, is looked for as both.
    [[nodiscard]] virtual DocumentBatch fetch_quarantined(std::span<const std::string> ids) = 0;
    /// Which of the ids exist, and the park field of each (empty when it is not a string).
    struct Presence {
        std::string id;
        std::string park_id;
    };
    [[nodiscard]] virtual std::vector<Presence> presence(std::span<const std::string> ids) = 0;

    /// One outcome for each, in order.
    [[nodiscard]] virtual std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) = 0;
    [[nodiscard]] virtual std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) = 0;

    /// Parks only: of these logins the ones in use, each with the `_id` that uses it.
    struct LoginOwner {
        std::string login;
        std::string id;
    };
    [[nodiscard]] virtual std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) = 0;

    /// The clock that sets `updated_ts`, in milliseconds since 1970.
    [[nodiscard]] virtual std::int64_t server_time_ms() = 0;
    /// Approximate number of documents, for progress.
    [[nodiscard]] virtual std::int64_t estimated_count() = 0;
};

/// `dbtaxi.unique_drivers`: one record per licence, shared by all families.
struct DriverProfile {
    /// Normalized (domain/license.hpp).
    std::string license;
    domain::ChildParkId park_id;
    domain::ChildId driver_id;
};

class UniqueDriverStore {
public:
    UniqueDriverStore() = default;
    UniqueDriverStore(const UniqueDriverStore&) = delete;
    UniqueDriverStore& operator=(const UniqueDriverStore&) = delete;
    virtual ~UniqueDriverStore() = default;

    /// Each profile stands once in its licence's record afterwards, with the park it names; a licence without a record
    /// gets one. Returns the positions of those whose record does not take them (its `profiles` are no list, say), in
    /// order.
    [[nodiscard]] virtual std::vector<std::size_t> add_profiles(const domain::AppFamily& family,
                                                                std::span<const DriverProfile> profiles) = 0;
};

}  // namespace twinfleet::mirroring

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/identifier.hpp"
#include "platform/bson/builder.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"

namespace twinfleet::mirroring {

/// Documents that were read together, in one block of memory.
class DocumentBatch {
public:
    /// Makes room for this many documents and bytes, so that memory need not grow step by step.
    void reserve(std::size_t documents, std::size_t bytes) {
        starts_.reserve(documents);
        bytes_.reserve(bytes);
    }
    void add(bson::View document) {
        starts_.push_back(bytes_.size());
        const auto bytes = document.bytes();
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    /// The document at that place, from 0. Valid until the batch is changed.
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
    /// Only documents of these parks are read; of the entity `parks`, only these parks themselves. A document whose
    /// park field is an array belongs to each park that the array names. Empty for all documents.
    std::vector<domain::ParentParkId> parks;
    /// Whether, instead, only documents are read that are in no park that a link could name: their park field is
    /// missing, is no string, or is a string that is no id (empty, with a NUL byte, or longer than an id may be). Of
    /// arrays those are read that are empty or hold such a value, but for arrays that hold arrays alone.
    bool is_without_park = false;
    [[nodiscard]] bool everything() const noexcept { return parks.empty() && !is_without_park; }
};

/// How much one batch of a read holds.
struct BatchLimits {
    std::size_t documents_max = 1000;
    /// A batch ends before the document that would make it larger than this. A single larger document is a batch of its
    /// own.
    std::size_t bytes_max = std::size_t{4} << 20;
};

/// The documents that a read finds, handed out batch by batch in the order of the read. Throws as EntityStore does.
class DocumentStream {
public:
    DocumentStream() = default;
    DocumentStream(const DocumentStream&) = delete;
    DocumentStream& operator=(const DocumentStream&) = delete;
    virtual ~DocumentStream() = default;

    /// Clears `batch` and fills it with the next documents. Returns false when there are no more.
    [[nodiscard]] virtual bool next(DocumentBatch& batch) = 0;
};

/// A stream of no documents.
class NoDocuments final : public DocumentStream {
public:
    bool next(DocumentBatch& batch) override {
        batch.clear();
        return false;
    }
};

/// The version of a child: its `updated_ts` as it was read, or that it has none. A write that names a version changes
/// nothing once somebody else has written the child.
struct ChildVersion {
    /// The whole field as it stands in the child; empty when it has none.
    std::vector<std::uint8_t> updated_ts;
};

/// A child that is to be made.
struct ChildInsert {
    /// Complete but for `updated_ts`, which the server's clock sets.
    bson::Document document;
    domain::ChildId id;
};

/// A child that is to be changed, if it still has the version `version`.
struct ChildUpdate {
    domain::ChildId id;
    ChildVersion version;
    /// Top-level fields to set, each as a whole. `_id` and `updated_ts`, which the server sets, are not among them.
    bson::Document set;
    /// Names of top-level fields to remove.
    std::vector<std::string> unset;
    /// The whole child as it should be, without `updated_ts`. Used instead of `set` and `unset` for documents whose
    /// field names cannot be addressed one by one (has_awkward_names()).
    std::optional<bson::Document> replacement;
};

/// What became of a write.
enum class WriteOutcome : std::uint8_t {
    written,      ///< the child now holds what was asked for
    exists,       ///< of an insert: there is a document with that id already
    moved_on,     ///< of an update: the child does not have that version any more, or is gone
    login_taken,  ///< another document holds the unique login; only of `parks` and, within a park, of `users`
    refused,      ///< the store does not accept the document, and would not accept it next time
};

/// The documents of one entity, parents and children alike, since they share a collection. Every call throws
/// platform::StoreUnavailable while the store cannot be reached (what was asked may have happened all the same) and
/// platform::StoreRefused when it refuses for a reason that concerns the whole store. Every call may be repeated.
class EntityStore {
public:
    EntityStore() = default;
    EntityStore(const EntityStore&) = delete;
    EntityStore& operator=(const EntityStore&) = delete;
    virtual ~EntityStore() = default;

    /// The documents whose `updated_ts` is behind the position `from`: first those with a Timestamp, then those with a
    /// Date, the oldest of each type first.
    [[nodiscard]] virtual std::unique_ptr<DocumentStream> changed_since(const bson::ChangePosition& from,
                                                                        const Scope& scope,
                                                                        const BatchLimits& limits) = 0;
    /// Every document of the scope, in no particular order.
    [[nodiscard]] virtual std::unique_ptr<DocumentStream> all(const Scope& scope, const BatchLimits& limits) = 0;
    /// Every document, parent or child, whose `updated_ts` is an empty Timestamp, (0, 0), in no particular order: no
    /// reader of changes finds it. Where the server does not set the time of an inserted document, whoever inserted it
    /// does so next; if he is cut off in between, the time stays empty. A store that always sets it has none of them.
    [[nodiscard]] virtual std::unique_ptr<DocumentStream> with_empty_time(const BatchLimits& /*limits*/) {
        return std::make_unique<NoDocuments>();
    }
    /// The documents with these ids, as far as they exist, in no particular order. These ids are strings.
    [[nodiscard]] virtual DocumentBatch fetch(std::span<const std::string> ids) = 0;
    /// The same for ids that need not be strings, written as Quarantined::parent_id is. A text that reads like Extended
    /// JSON is looked for both as a string and as the value that it stands for.
    [[nodiscard]] virtual DocumentBatch fetch_quarantined(std::span<const std::string> ids) = 0;
    /// A document that exists.
    struct Presence {
        std::string id;
        /// What its park field holds; empty when that is no string.
        std::string park_id;
    };
    /// Which of the documents exist, in no particular order.
    [[nodiscard]] virtual std::vector<Presence> presence(std::span<const std::string> ids) = 0;

    /// A document that was removed.
    struct Removal {
        std::string id;
        /// By the clock that sets `updated_ts`.
        bson::Timestamp removed_at;
    };
    /// The documents that were removed behind `after`, in order of (removed_at, id), at most `count_max` of them;
    /// nullopt begins with the first that is known. A store may know of none, and forget them after some days: only
    /// presence() tells what is gone for certain. One of them may be there again.
    [[nodiscard]] virtual std::vector<Removal> removed_since(const std::optional<Removal>& after,
                                                             std::size_t count_max) = 0;

    /// Inserts children that do not exist yet. Returns the outcome of each, in the same order. One that exists, but has
    /// an empty `updated_ts`, gets the present time there.
    [[nodiscard]] virtual std::vector<WriteOutcome> insert(std::span<const ChildInsert> children) = 0;
    /// Changes children that exist. Returns the outcome of each, in the same order. An update that sets and removes
    /// nothing sets `updated_ts` alone.
    [[nodiscard]] virtual std::vector<WriteOutcome> update(std::span<const ChildUpdate> updates) = 0;

    /// A login that is in use, with the `_id` of the document that uses it.
    struct LoginOwner {
        std::string login;
        std::string id;
    };
    /// For parks only: which of these logins are in use.
    [[nodiscard]] virtual std::vector<LoginOwner> logins_in_use(std::span<const std::string> logins) = 0;

    /// A login of a park, and, in answers, whose it is.
    struct ParkLogin {
        std::string park_id;
        std::string login;
        std::string id = {};
    };
    /// For users only: who has these logins. Whoever else may be in a child park is found, too.
    [[nodiscard]] virtual std::vector<ParkLogin> login_holders(std::span<const ParkLogin> logins) = 0;

    /// The time by the clock that sets `updated_ts`, in milliseconds since 1970.
    [[nodiscard]] virtual std::int64_t server_time_ms() = 0;
    /// The time, by the same clock, before which every write and removal is found by reads that begin from now on. A
    /// store that cannot know it assumes that none takes longer than `overlap`; one that does never gives a later time
    /// than that either.
    [[nodiscard]] virtual std::int64_t settled_until_ms(std::chrono::milliseconds overlap) {
        return server_time_ms() - overlap.count();
    }
    /// The approximate number of documents, parents and children, for a progress bar.
    [[nodiscard]] virtual std::int64_t estimated_count() = 0;
};

}  // namespace twinfleet::mirroring

#include "capabilities/mirroring/stores/entity_store_access_control_http.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "capabilities/mirroring/stores/record_documents_http.hpp"

namespace twinfleet::mirroring {
namespace {

using clients::AccessControl;
using clients::RecordWriteOutcome;

/// Behind every other text: the greatest code point.
constexpr std::string_view behind_all_ids = "\U0010FFFF";

WriteOutcome outcome_of(RecordWriteOutcome outcome) {
    switch (outcome) {
        case RecordWriteOutcome::written:
            return WriteOutcome::written;
        case RecordWriteOutcome::exists:
            return WriteOutcome::exists;
        case RecordWriteOutcome::moved_on:
            return WriteOutcome::moved_on;
        case RecordWriteOutcome::login_taken:
            return WriteOutcome::login_taken;
        case RecordWriteOutcome::refused:
            break;
    }
    return WriteOutcome::refused;
}

std::int64_t whole_ms(std::int64_t microseconds) {
    using namespace std::chrono;
    return floor<milliseconds>(std::chrono::microseconds(microseconds)).count();
}

/// The parks of a scope, in requests of so many; one empty part for all parks.
std::vector<std::vector<std::string>> parts_of(const Scope& scope) {
    std::vector<std::vector<std::string>> parts(1);
    for (const auto& park : scope.parks) {
        if (parts.back().size() == AccessControl::records_per_request_max) {
            parts.emplace_back();
        }
        parts.back().push_back(park.value());
    }
    return parts;
}

/// Pages of one feed, for one part of the scope after the other.
template <typename Record>
class RecordStream final : public DocumentStream {
public:
    /// The page of `limit` records behind `last`; nullptr: the first one.
    using FetchPage = std::function<std::vector<Record>(const Record* last, std::span<const std::string> park_ids,
                                                        std::size_t limit)>;

    RecordStream(FetchPage fetch_page, const Scope& scope, const BatchLimits& limits)
        : fetch_page_(std::move(fetch_page)),
          parts_(parts_of(scope)),
          page_size_(std::clamp<std::size_t>(limits.documents_max, 1, AccessControl::records_per_request_max)) {}

    bool next(DocumentBatch& batch) override {
        batch.clear();
        while (batch.empty() && part_ < parts_.size()) {
            std::vector<Record> page = fetch_page_(last_ ? &*last_ : nullptr, parts_[part_], page_size_);
            for (const Record& record : page) {
                batch.add(document_of(record));
            }
            if (page.size() < page_size_) {
                ++part_;
                last_.reset();
            } else {
                last_ = std::move(page.back());
            }
        }
        return !batch.empty();
    }

private:
    const FetchPage fetch_page_;
    const std::vector<std::vector<std::string>> parts_;
    const std::size_t page_size_;
    std::optional<Record> last_;
    std::size_t part_ = 0;
};

/// Writes those of `wanted` that a record can hold, as `read` puts them into one; the others are refused.
template <typename Item, typename Wanted, typename Read, typename Write>
std::vector<WriteOutcome> write(std::span<const Wanted> wanted, const Read& read, const Write& write) {
    std::vector<WriteOutcome> outcomes(wanted.size(), WriteOutcome::refused);
    std::vector<Item> items;
    std::vector<std::size_t> places;
    items.reserve(wanted.size());
    places.reserve(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (read(wanted[i], items.emplace_back())) {
            places.push_back(i);
        } else {
            items.pop_back();
        }
    }
    const std::vector<RecordWriteOutcome> told = write(std::span<const Item>(items));
    for (std::size_t k = 0; k < places.size(); ++k) {
        outcomes[places[k]] = outcome_of(told[k]);
    }
    return outcomes;
}

template <typename Record>
struct UpdateOf;
template <>
struct UpdateOf<clients::Group> {
    using Type = clients::GroupUpdate;
};
template <>
struct UpdateOf<clients::User> {
    using Type = clients::UserUpdate;
};

}  // namespace

template <typename Record>
std::unique_ptr<DocumentStream> EntityStoreAccessControl<Record>::changed_since(const bson::ChangePosition& from,
                                                                                const Scope& scope,
                                                                                const BatchLimits& limits) {
    using clients::ChangePosition;
    std::optional<ChangePosition> first;
    if (from.timestamp) {
        first = ChangePosition{.updated_us = microseconds(*from.timestamp), .id = std::string(behind_all_ids)};
    }
    return std::make_unique<RecordStream<Record>>(
        [&client = client_, first](const Record* last, std::span<const std::string> park_ids, std::size_t limit) {
            const auto after = last == nullptr ? first : ChangePosition{.updated_us = last->updated_us, .id = last->id};
            return client.template changes<Record>(after, park_ids, limit);
        },
        scope, limits);
}

template <typename Record>
std::unique_ptr<DocumentStream> EntityStoreAccessControl<Record>::all(const Scope& scope, const BatchLimits& limits) {
    return std::make_unique<RecordStream<Record>>(
        [&client = client_](const Record* last, std::span<const std::string> park_ids, std::size_t limit) {
            return client.template all<Record>(last == nullptr ? std::nullopt : std::optional(last->id), park_ids,
                                               limit);
        },
        scope, limits);
}

template <typename Record>
std::vector<Record> EntityStoreAccessControl<Record>::retrieve(std::span<const std::string> ids) const {
    std::vector<std::string_view> distinct(ids.begin(), ids.end());
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    return client_.template retrieve<Record>(distinct);
}

template <typename Record>
DocumentBatch EntityStoreAccessControl<Record>::fetch(std::span<const std::string> ids) {
    DocumentBatch batch;
    for (const Record& record : retrieve(ids)) {
        batch.add(document_of(record));
    }
    return batch;
}

template <typename Record>
DocumentBatch EntityStoreAccessControl<Record>::fetch_quarantined(std::span<const std::string> ids) {
    // Here every id is a string.
    return fetch(ids);
}

template <typename Record>
std::vector<EntityStore::Presence> EntityStoreAccessControl<Record>::presence(std::span<const std::string> ids) {
    std::vector<Record> found = retrieve(ids);
    std::vector<Presence> present;
    present.reserve(found.size());
    for (Record& record : found) {
        present.push_back({.id = std::move(record.id), .park_id = std::move(record.park_id)});
    }
    return present;
}

template <typename Record>
std::vector<WriteOutcome> EntityStoreAccessControl<Record>::insert(std::span<const ChildInsert> children) {
    return write<Record>(
        children, [](const ChildInsert& child, Record& record) { return read_record(child, record); },
        [this](std::span<const Record> records) { return client_.insert(records); });
}

template <typename Record>
std::vector<WriteOutcome> EntityStoreAccessControl<Record>::update(std::span<const ChildUpdate> updates) {
    using Update = typename UpdateOf<Record>::Type;
    return write<Update>(
        updates, [](const ChildUpdate& child, Update& update) { return read_update(child, update); },
        [this](std::span<const Update> records) { return client_.update(records); });
}

template <typename Record>
std::vector<EntityStore::LoginOwner> EntityStoreAccessControl<Record>::logins_in_use(
    std::span<const std::string> /*logins*/) {
    return {};
}

template <typename Record>
std::vector<EntityStore::Removal> EntityStoreAccessControl<Record>::removed_since(const std::optional<Removal>& after,
                                                                                  std::size_t count_max) {
    std::optional<clients::ChangePosition> position;
    if (after) {
        position = clients::ChangePosition{.updated_us = microseconds(after->removed_at), .id = after->id};
    }
    std::vector<Removal> removals;
    for (auto& removed : client_.template removals<Record>(
             position, {}, std::clamp<std::size_t>(count_max, 1, AccessControl::records_per_request_max))) {
        removals.push_back({.id = std::move(removed.id), .removed_at = timestamp_of(removed.removed_us)});
    }
    return removals;
}

template <typename Record>
std::vector<EntityStore::ParkLogin> EntityStoreAccessControl<Record>::login_holders(std::span<const ParkLogin> logins) {
    std::vector<clients::ParkLogin> asked;
    asked.reserve(logins.size());
    for (const ParkLogin& one : logins) {
        asked.push_back({.park_id = one.park_id, .login = one.login});
    }
    std::vector<ParkLogin> holders;
    for (auto& found : client_.login_holders(asked)) {
        holders.push_back(
            {.park_id = std::move(found.park_id), .login = std::move(found.login), .id = std::move(found.user_id)});
    }
    return holders;
}

template <typename Record>
std::int64_t EntityStoreAccessControl<Record>::server_time_ms() {
    return whole_ms(client_.clock().now_us);
}

template <typename Record>
std::int64_t EntityStoreAccessControl<Record>::settled_until_ms(std::chrono::milliseconds overlap) {
    const AccessControl::Clock clock = client_.clock();
    // Something may have been written at that time itself.
    return std::min(whole_ms(clock.now_us) - overlap.count(), whole_ms(clock.settled_us) - 1);
}

template <typename Record>
std::int64_t EntityStoreAccessControl<Record>::estimated_count() {
    return client_.template count<Record>();
}

template class EntityStoreAccessControl<clients::Group>;
template class EntityStoreAccessControl<clients::User>;

std::unique_ptr<EntityStore> make_entity_store_access_control(const AccessControl& client, const Entity& entity) {
    if (entity.name == "groups") {
        return std::make_unique<GroupStoreAccessControl>(client);
    }
    return std::make_unique<UserStoreAccessControl>(client);
}

}  // namespace twinfleet::mirroring

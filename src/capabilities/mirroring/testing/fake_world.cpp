#include "capabilities/mirroring/testing/fake_world.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {
namespace {

/// The length of the UTF-8 sequence that `text` begins with (RFC 3629, section 4); 0 when there is none.
std::size_t utf8_sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const unsigned char second = byte(1);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool surrogate = first == 0xed && second > 0x9f;
    const bool beyond = first == 0xf4 && second > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

bool fits_postgres_text(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        if (length == 0 || text.front() == '\0') {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::string id_key(const bson::Element& id) {
    std::string key(1, static_cast<char>(id.type));
    key.append(id.value.begin(), id.value.end());
    return key;
}

std::string id_key(std::string_view string_id) {
    bson::Builder builder;
    builder.string("_id", string_id);
    const bson::Document document = builder.take();
    return id_key(*document.view().find("_id"));
}

bson::Document stamped(bson::View document, bson::Timestamp updated_ts) {
    bson::Builder builder;
    for (const bson::Element& element : document) {
        if (element.key != "updated_ts") {
            builder.copy(element);
        }
    }
    builder.timestamp("updated_ts", updated_ts);
    return builder.take();
}

FakeWorld::FakeWorld(WorldSettings settings) : settings_(settings) {
    data_.now_ms = settings.started_at_ms;
}

void FakeWorld::interfere(Interference interference) {
    auto wanted = interference ? std::make_shared<const Interference>(std::move(interference)) : nullptr;
    const std::lock_guard lock(mutex_);
    interference_.swap(wanted);
}

void FakeWorld::bury(std::string_view runner) {
    atomically([&](Data& data) { data.buried.emplace(runner); });
}

void FakeWorld::advance(std::int64_t milliseconds) {
    atomically([&](Data& data) { data.now_ms += milliseconds; });
}

std::int64_t FakeWorld::now_ms() const {
    return atomically([](const Data& data) { return data.now_ms; });
}

Time FakeWorld::links_now(const Data& data) const {
    return Time(std::chrono::milliseconds(data.now_ms + settings_.links_clock_ahead_ms));
}

Time FakeWorld::links_now() const {
    return atomically([&](const Data& data) { return links_now(data); });
}

void FakeWorld::refuse_documents(std::function<bool(bson::View)> refused) {
    atomically([&](Data& data) { data.refused = std::move(refused); });
}

void FakeWorld::Data::note_write(std::string_view collection, const std::string& key) {
    const Entity* entity = find_entity(collection);
    if (has_majority || entity == nullptr || entity->storage != Storage::mongo) {
        return;
    }
    const auto& documents = collections[std::string(collection)];
    const auto found = documents.find(key);
    // The first one of several counts.
    acknowledged[std::string(collection)].try_emplace(
        key, found == documents.end() ? std::nullopt : std::optional(found->second));
}

namespace {

void put_back(FakeWorld::Data::Documents& documents, const std::string& key,
              const std::optional<bson::Document>& older) {
    documents.erase(key);
    if (older) {
        documents.emplace(key, *older);
    }
}

/// Somebody else's park has got the login meanwhile. A change of the primary would have taken that back, too; here what
/// the rest of the platform wrote stays.
bool has_login_of_another(const FakeWorld::Data::Documents& documents, const std::string& key, bson::View document) {
    const auto login = document.find("login");
    return login && std::ranges::any_of(documents, [&](const auto& other) {
               const auto other_login = other.second.view().find("login");
               return other.first != key && other_login && login->same_value(*other_login);
           });
}

}  // namespace

const FakeWorld::Data::Documents& FakeWorld::Data::visible(std::string_view collection, Documents& scratch) {
    const Documents& stored = collections[std::string(collection)];
    const auto older = acknowledged.find(collection);
    if (older == acknowledged.end() || older->second.empty()) {
        return stored;
    }
    scratch = stored;
    for (const auto& [key, document] : older->second) {
        put_back(scratch, key, document);
    }
    return scratch;
}

void FakeWorld::lose_majority() {
    atomically([](Data& data) { data.has_majority = false; });
}

void FakeWorld::regain_majority(bool is_taken_back) {
    atomically([&](Data& data) {
        for (auto& [collection, older] : data.acknowledged) {
            auto& documents = data.collections[collection];
            for (const auto& [key, document] : older) {
                const bool may_be =
                    !document || collection != "parks" || !has_login_of_another(documents, key, document->view());
                if (is_taken_back && may_be) {
                    put_back(documents, key, document);
                }
            }
        }
        data.acknowledged.clear();
        data.has_majority = true;
    });
}

bool FakeWorld::has_majority() const {
    return atomically([](const Data& data) { return data.has_majority; });
}

void FakeWorld::let_happen(std::size_t count_max) {
    atomically([&](Data& data) {
        const auto end = data.hanging.begin() + static_cast<std::ptrdiff_t>(std::min(count_max, data.hanging.size()));
        const std::vector<std::function<void(Data&)>> now(std::make_move_iterator(data.hanging.begin()),
                                                          std::make_move_iterator(end));
        data.hanging.erase(data.hanging.begin(), end);
        for (const auto& write : now) {
            write(data);
        }
    });
}

std::size_t FakeWorld::count_hanging() const {
    return atomically([](const Data& data) { return data.hanging.size(); });
}

bson::Timestamp FakeWorld::next_timestamp(Data& data) const {
    const auto seconds = static_cast<std::uint32_t>(data.now_ms / 1000);
    if (settings_.whole_second_timestamps) {
        data.last_timestamp = {seconds, 0};
    } else if (data.last_timestamp.seconds == seconds) {
        ++data.last_timestamp.increment;
    } else {
        data.last_timestamp = {seconds, 1};
    }
    return data.last_timestamp;
}

void FakeWorld::put(std::string_view collection, bson::View document, std::int64_t age_ms) {
    const bson::Timestamp timestamp = atomically([&](Data& data) {
        bson::Timestamp next = next_timestamp(data);
        next.seconds -= static_cast<std::uint32_t>(age_ms / 1000);
        return next;
    });
    put_as_is(collection, stamped(document, timestamp));
}

void FakeWorld::put_as_is(std::string_view collection, bson::View document) {
    const auto id = document.find("_id");
    if (!id) {
        throw std::logic_error("a document without _id");
    }
    const std::string key = id_key(*id);
    atomically([&](Data& data) {
        auto& documents = data.collections[std::string(collection)];
        if (collection == "parks") {
            const auto login = document.find("login");
            for (const auto& [other_key, other] : documents) {
                const auto other_login = other.view().find("login");
                if (other_key != key && login.has_value() == other_login.has_value() &&
                    (!login || login->same_value(*other_login))) {
                    throw std::logic_error("two parks of one login");
                }
            }
        }
        documents.insert_or_assign(key, bson::Document(document));
        data.acknowledged[std::string(collection)].erase(key);
        data.as_put[std::string(collection)].insert_or_assign(key, bson::Document(document));
    });
}

void FakeWorld::erase(std::string_view collection, const std::string& key) {
    atomically([&](Data& data) {
        auto& documents = data.collections[std::string(collection)];
        const Entity* entity = find_entity(collection);
        if (const auto found = documents.find(key);
            found != documents.end() && entity != nullptr && entity->storage == Storage::access_control) {
            if (const auto id = found->second.view().find("_id"); id && id->is_string()) {
                data.removals[std::string(collection)].insert_or_assign(std::string(id->string()),
                                                                        next_timestamp(data));
            }
        }
        documents.erase(key);
        data.acknowledged[std::string(collection)].erase(key);
        data.as_put[std::string(collection)].erase(key);
    });
}

std::optional<bson::Document> FakeWorld::document(std::string_view collection, const std::string& key) const {
    return atomically([&](const Data& data) -> std::optional<bson::Document> {
        const auto documents = data.collections.find(collection);
        if (documents == data.collections.end()) {
            return std::nullopt;
        }
        const auto found = documents->second.find(key);
        return found == documents->second.end() ? std::nullopt : std::optional(found->second);
    });
}

namespace {

std::vector<bson::Document> all_of(const FakeWorld::Data::Collections& collections, std::string_view collection) {
    std::vector<bson::Document> all;
    if (const auto documents = collections.find(collection); documents != collections.end()) {
        for (const auto& [key, document] : documents->second) {
            all.push_back(document);
        }
    }
    return all;
}

}  // namespace

std::vector<bson::Document> FakeWorld::documents(std::string_view collection) const {
    return atomically([&](const Data& data) { return all_of(data.collections, collection); });
}

std::vector<bson::Document> FakeWorld::as_put(std::string_view collection) const {
    return atomically([&](const Data& data) { return all_of(data.as_put, collection); });
}

std::vector<FakeWorld::StoredLink> FakeWorld::links(std::string_view entity) const {
    return atomically([&](const Data& data) {
        std::vector<StoredLink> all;
        if (const auto table = data.links.find(entity); table != data.links.end()) {
            for (const auto& [key, link] : table->second) {
                all.push_back({key.first, link});
            }
        }
        return all;
    });
}

std::vector<QuarantineEntry> FakeWorld::quarantine() const {
    return atomically([](const Data& data) {
        std::vector<QuarantineEntry> all;
        for (const auto& [id, entry] : data.quarantine) {
            all.push_back(entry);
        }
        return all;
    });
}

std::vector<ForeignEditRecord> FakeWorld::foreign_edits() const {
    return atomically([](const Data& data) {
        std::vector<ForeignEditRecord> records;
        for (const auto& [key, record] : data.foreign_edits) {
            records.push_back(record);
        }
        std::ranges::sort(records, {}, &ForeignEditRecord::id);
        return records;
    });
}

std::vector<Backfill> FakeWorld::backfills(std::string_view entity, std::string_view family) const {
    return atomically([&](const Data& data) {
        std::vector<Backfill> pending;
        for (const auto& [its_family, backfill] : data.backfills) {
            if (its_family == family && backfill.entity == entity) {
                pending.push_back(backfill);
            }
        }
        return pending;
    });
}

std::optional<Cursor> FakeWorld::cursor(std::string_view entity, std::string_view family) const {
    return atomically([&](const Data& data) -> std::optional<Cursor> {
        const auto found = data.cursors.find({std::string(entity), std::string(family)});
        return found == data.cursors.end() ? std::nullopt : std::optional(found->second);
    });
}

std::optional<Time> FakeWorld::caught_up_at(std::string_view entity, std::string_view family) const {
    return atomically([&](const Data& data) -> std::optional<Time> {
        const auto found = data.caught_up_at.find({std::string(entity), std::string(family)});
        return found == data.caught_up_at.end() ? std::nullopt : std::optional(found->second);
    });
}

std::int64_t FakeWorld::rounds_finished(std::string_view job, std::string_view family) const {
    return atomically([&](const Data& data) {
        const auto known = data.rounds.find({std::string(job), std::string(family)});
        return known == data.rounds.end() || !known->second.last_finished ? 0 : known->second.last_finished->number;
    });
}

void FakeWorld::forget_cursors() {
    atomically([](Data& data) { data.cursors.clear(); });
}

Delivery FakeWorld::step(std::string_view runner, std::string_view call, Phase phase) {
    const auto refuse_the_dead = [&] {
        if (atomically([&](const Data& data) { return data.buried.contains(runner); })) {
            throw platform::StoreUnavailable(std::string(call), "the calling process is gone");
        }
    };
    refuse_the_dead();
    const auto interference = [this] {
        const std::lock_guard lock(mutex_);
        return interference_;
    }();
    if (interference == nullptr) {
        return Delivery::once;
    }
    const Delivery delivery = (*interference)({runner, call, phase});
    // It may have died while another one had its turn.
    if (phase != Phase::after) {
        refuse_the_dead();
    }
    return delivery;
}

}  // namespace twinfleet::mirroring::testing

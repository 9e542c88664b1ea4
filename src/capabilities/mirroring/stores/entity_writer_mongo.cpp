#include "capabilities/mirroring/stores/entity_writer_mongo.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "capabilities/mirroring/planner/plan.hpp"
#include "capabilities/mirroring/stores/document_fields.hpp"
#include "capabilities/mirroring/stores/likeness.hpp"
#include "capabilities/mirroring/stores/write_isolation_mongo.hpp"
#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using bson::Builder;
using bson::Document;
using bson::Element;
using bson::Type;
using bson::View;
using platform::StoreRefused;

/// {_id, updated_ts}, both named outright where that is possible: see stand_in_mongo.hpp.
Document guarded_filter(const domain::ChildId& id, const ChildVersion& version) {
    Builder builder;
    builder.string(id_field, id.value());
    if (version.updated_ts.empty()) {
        // Absent or null.
        return builder.null(version_field).take();
    }
    const Document field = Builder().copy(bson::Bytes(version.updated_ts)).take();
    const Element element = *field.view().begin();
    if (element.type == Type::timestamp || element.type == Type::date) {
        builder.copy(element);
    } else {
        // Elsewhere a regular expression, or a document, would be a condition.
        builder.begin_document(version_field).copy_as("$eq", element).end();
    }
    return builder.take();
}

Document operators_of(const ChildUpdate& update) {
    Builder builder;
    if (!update.set.view().empty()) {
        builder.document("$set", update.set);
    }
    if (!update.unset.empty()) {
        builder.begin_document("$unset");
        for (const std::string& field : update.unset) {
            builder.string(field, "");
        }
        builder.end();
    }
    const Document version = mongo::set_change_time();
    return builder.copy(*version.view().begin()).take();
}

void throw_if_it_concerns_whole_store(const mongo::WriteError& error) {
    if (concerns_whole_store(error.code)) {
        throw StoreRefused("MongoDB", error.code, error.message);
    }
}

}  // namespace

EntityWriterMongo::EntityWriterMongo(const mongo::Pool& pool, mongo::Collection collection,
                                     const EntityReaderMongo& reader, bool has_logins, const Settings& settings)
    : collection_(std::move(collection)),
      reader_(reader),
      has_logins_(has_logins),
      settings_(settings),
      stand_in_versions_(pool, collection_) {}

std::vector<WriteOutcome> EntityWriterMongo::insert(std::span<const ChildInsert> children) {
    // While nobody knows who sets the versions, the first child asks.
    auto turn = stand_in_versions_.take_turn();
    if (!turn.owns_lock() || children.size() < 2) {
        return insert_batch(children);
    }
    auto outcomes = insert_batch(children.first(1));
    if (stand_in_versions_.are_known()) {
        turn.unlock();
    }
    const auto others = insert_batch(children.subspan(1));
    outcomes.insert(outcomes.end(), others.begin(), others.end());
    return outcomes;
}

std::vector<WriteOutcome> EntityWriterMongo::insert_batch(std::span<const ChildInsert> children) {
    std::vector<WriteOutcome> outcomes(children.size(), WriteOutcome::refused);
    std::vector<std::size_t> sendable;
    for (std::size_t i = 0; i < children.size(); ++i) {
        if (children[i].document.size_bytes() + mongo::WithChangeTime::size_bytes <= document_bytes_max) {
            sendable.push_back(i);
        }
    }
    std::vector<std::size_t> duplicates;
    const auto send = [&](WritePlaces part) {
        const bson::Timestamp version = stand_in_versions_.for_inserts();
        auto bulk = collection_.bulk();
        mongo::WithChangeTime versioned;
        for (const std::size_t place : part) {
            bulk.insert(versioned(children[sendable[place]].document, version));
        }
        const mongo::BulkResult result = bulk.execute();
        for (const std::size_t place : part) {
            outcomes[sendable[place]] = WriteOutcome::written;
        }
        for (const mongo::WriteError& error : result.errors) {
            throw_if_it_concerns_whole_store(error);
            const std::size_t i = sendable[part[error.index]];
            outcomes[i] = WriteOutcome::refused;
            if (error.code == mongo::WriteError::duplicate_key) {
                duplicates.push_back(i);
            }
        }
    };
    send_isolating_poison(
        sendable.size(), settings_.breaks_max, send, [this] { check_store(); },
        [&](std::size_t place) { outcomes[sendable[place]] = WriteOutcome::refused; });

    std::vector<std::string> to_look_up;
    to_look_up.reserve(duplicates.size());
    for (const std::size_t i : duplicates) {
        to_look_up.push_back(children[i].id.value());
    }
    std::vector<std::string> inserted;
    if (!stand_in_versions_.are_known()) {
        for (std::size_t i = 0; i < children.size(); ++i) {
            if (outcomes[i] == WriteOutcome::written) {
                inserted.push_back(children[i].id.value());
            }
        }
        to_look_up.insert(to_look_up.end(), inserted.begin(), inserted.end());
    }
    if (to_look_up.empty()) {
        return outcomes;
    }
    const auto existing = reader_.versions(to_look_up);
    stand_in_versions_.set_empty(existing);
    stand_in_versions_.learn_from(existing, inserted);
    std::vector<Duplicate> others;
    for (const std::size_t i : duplicates) {
        if (existing.contains(children[i].id.value())) {
            outcomes[i] = WriteOutcome::exists;
        } else {
            others.push_back({.place = i, .id = children[i].id.value(), .login = login_of(children[i].document)});
        }
    }
    throw_if_not_acknowledged(others);
    tell_duplicates(others, outcomes);
    return outcomes;
}

void EntityWriterMongo::check_store() const {
    auto bulk = collection_.bulk();
    // Should there be one by that name, it does not have that field.
    bulk.update_one(Builder().string(id_field, "does the store take writes?").take(),
                    Builder().begin_document("$unset").string("does the store take writes?", "").end().take());
    static_cast<void>(bulk.execute());
}

void EntityWriterMongo::throw_if_not_acknowledged(std::span<const Duplicate> duplicates) const {
    std::vector<std::string> ids;
    ids.reserve(duplicates.size());
    for (const Duplicate& duplicate : duplicates) {
        ids.push_back(duplicate.id);
    }
    if (!ids.empty() && !reader_.versions(ids, EntityReaderMongo::Visibility::all).empty()) {
        throw platform::StoreUnavailable("MongoDB", "children that were inserted before are not acknowledged yet");
    }
}

std::vector<WriteOutcome> EntityWriterMongo::update(std::span<const ChildUpdate> updates) {
    std::vector<WriteOutcome> outcomes(updates.size(), WriteOutcome::refused);
    std::vector<std::size_t> by_field;
    std::vector<std::size_t> whole;
    for (std::size_t i = 0; i < updates.size(); ++i) {
        const ChildUpdate& update = updates[i];
        if (update.replacement) {
            if (update.replacement->size_bytes() + mongo::WithChangeTime::size_bytes <= document_bytes_max) {
                whole.push_back(i);
            }
        } else if (update.set.size_bytes() <= document_bytes_max) {
            by_field.push_back(i);
        }
    }
    update_those(updates, by_field, false, outcomes);
    update_those(updates, whole, true, outcomes);
    return outcomes;
}

void EntityWriterMongo::update_those(std::span<const ChildUpdate> updates, std::span<const std::size_t> which,
                                     bool are_replaced, std::vector<WriteOutcome>& outcomes) {
    std::vector<Unclear> unclear;
    std::vector<Duplicate> duplicates;
    const bool may_be_stand_in = !stand_in_versions_.are_set_by_server();
    const auto send = [&](WritePlaces part) {
        const bson::Timestamp version = are_replaced ? stand_in_versions_.for_replacements() : bson::Timestamp{};
        auto bulk = collection_.bulk();
        mongo::WithChangeTime versioned;
        for (const std::size_t place : part) {
            const ChildUpdate& update = updates[which[place]];
            const Document filter = guarded_filter(update.id, update.version);
            if (are_replaced) {
                bulk.replace_one(filter, versioned(*update.replacement, version));
            } else {
                bulk.update_one(filter, operators_of(update));
            }
        }
        const mongo::BulkResult result = bulk.execute();
        std::vector<bool> has_failed(part.size());
        for (const mongo::WriteError& error : result.errors) {
            throw_if_it_concerns_whole_store(error);
            const std::size_t i = which[part[error.index]];
            has_failed[error.index] = true;
            outcomes[i] = WriteOutcome::refused;
            if (error.code == mongo::WriteError::duplicate_key) {
                const View fields = are_replaced ? updates[i].replacement->view() : updates[i].set.view();
                duplicates.push_back({.place = i, .id = updates[i].id.value(), .login = login_of(fields)});
            }
        }
        Taken taken = Taken::some;
        if (result.matched + result.errors.size() == part.size()) {
            taken = Taken::all;
        } else if (result.matched == 0) {
            taken = Taken::none;
        }
        for (std::size_t k = 0; k < part.size(); ++k) {
            const std::size_t i = which[part[k]];
            if (has_failed[k]) {
                continue;
            }
            const bool may_differ = are_replaced || (may_be_stand_in && stand_in::may_have_been_kept(updates[i]));
            if (taken == Taken::all && !may_differ) {
                outcomes[i] = WriteOutcome::written;
            } else {
                unclear.push_back({.place = i, .taken = taken});
            }
        }
    };
    send_isolating_poison(
        which.size(), settings_.breaks_max, send, [this] { check_store(); },
        [&](std::size_t place) { outcomes[which[place]] = WriteOutcome::refused; });
    tell_unclear(updates, unclear, outcomes);
    tell_duplicates(duplicates, outcomes);
}

void EntityWriterMongo::tell_unclear(std::span<const ChildUpdate> updates, std::span<const Unclear> unclear,
                                     std::vector<WriteOutcome>& outcomes) {
    if (unclear.empty()) {
        return;
    }
    std::vector<std::string> ids;
    ids.reserve(unclear.size());
    for (const Unclear& each : unclear) {
        ids.push_back(updates[each.place].id.value());
    }
    const DocumentBatch children = reader_.fetch_all_there_is(ids);
    std::unordered_map<std::string, View> child_by_id;
    for (std::size_t k = 0; k < children.size(); ++k) {
        child_by_id.emplace(id_text(children[k]), children[k]);
    }
    std::vector<ChildUpdate> mends;
    std::vector<std::size_t> mended;
    for (const Unclear& each : unclear) {
        const ChildUpdate& update = updates[each.place];
        WriteOutcome& outcome = outcomes[each.place];
        outcome = WriteOutcome::moved_on;
        const auto found = child_by_id.find(update.id.value());
        if (found == child_by_id.end()) {
            continue;
        }
        const View child = found->second;
        // Nobody was faster, and still it is not written: the server cannot write this one, whatever it answered.
        const WriteOutcome not_taken =
            is_at_version(child, update.version) ? WriteOutcome::refused : WriteOutcome::moved_on;
        const bool may_be_written = each.taken != Taken::none;
        if (may_be_written && is_written(child, update)) {
            outcome = WriteOutcome::written;
        } else if (may_be_written && stand_in::has_been_kept(child, update)) {
            mends.push_back(stand_in::replacing_update(child, update));
            mended.push_back(each.place);
        } else if (each.taken != Taken::all) {
            outcome = not_taken;
        } else {
            // Somebody has changed these fields since; but a replacement that is not there has not been kept as it was.
            outcome = update.replacement ? WriteOutcome::refused : WriteOutcome::written;
        }
    }
    if (!mends.empty()) {
        const auto told = this->update(mends);
        for (std::size_t k = 0; k < mended.size(); ++k) {
            outcomes[mended[k]] = told[k];
        }
    }
}

void EntityWriterMongo::tell_duplicates(std::span<const Duplicate> duplicates,
                                        std::vector<WriteOutcome>& outcomes) const {
    // Which of its unique indexes was in the way, the server says only in words.
    std::vector<std::string> logins;
    for (const Duplicate& duplicate : duplicates) {
        if (duplicate.login) {
            logins.push_back(*duplicate.login);
        }
    }
    std::unordered_map<std::string, std::string> owners;
    for (EntityStore::LoginOwner& owner : reader_.logins_there_are(logins)) {
        owners.emplace(std::move(owner.login), std::move(owner.id));
    }
    for (const Duplicate& duplicate : duplicates) {
        const auto owner = duplicate.login ? owners.find(*duplicate.login) : owners.end();
        const bool is_taken = owner != owners.end() && owner->second != duplicate.id;
        outcomes[duplicate.place] = is_taken ? WriteOutcome::login_taken : WriteOutcome::refused;
    }
}

std::optional<std::string> EntityWriterMongo::login_of(View fields) const {
    const auto login = has_logins_ ? fields.find(login_field) : std::nullopt;
    return login && login->is_string() ? std::optional<std::string>(login->string()) : std::nullopt;
}

}  // namespace twinfleet::mirroring

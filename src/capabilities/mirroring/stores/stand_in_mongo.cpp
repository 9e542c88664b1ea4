#include "capabilities/mirroring/stores/stand_in_mongo.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "capabilities/mirroring/stores/document_fields.hpp"
#include "platform/bson/builder.hpp"

namespace twinfleet::mirroring::stand_in {
namespace {

using bson::Builder;
using bson::Element;
using bson::Type;
using bson::View;

bool is_number(Type type) {
    return type == Type::double_ || type == Type::int32 || type == Type::int64 || type == Type::decimal128;
}

/// For types of number other than decimal128.
double number(const Element& element) {
    if (element.type != Type::double_) {
        return static_cast<double>(element.integer().value_or(0));
    }
    double value = 0;
    std::memcpy(&value, element.value.data(), sizeof value);
    return value;
}

/// One kind of number only, the order of fields does not count, and null is no value.
bool are_alike(const Element& left, const Element& right) {
    if (left.same_value(right)) {
        return true;
    }
    if (is_number(left.type) && is_number(right.type)) {
        const bool has_decimal = left.type == Type::decimal128 || right.type == Type::decimal128;
        return has_decimal || number(left) == number(right);
    }
    if (left.type != right.type || (left.type != Type::document && left.type != Type::array)) {
        return false;
    }
    std::size_t fields = 0;
    for (const Element& element : left.document()) {
        const auto other = right.document().find(element.key);
        if (!other || !are_alike(element, *other)) {
            return false;
        }
        ++fields;
    }
    return fields == static_cast<std::size_t>(std::ranges::distance(right.document().begin(), right.document().end()));
}

/// A value of this type can be alike to another one without being it.
bool can_be_alike(const Element& element) {
    return is_number(element.type) || element.type == Type::document || element.type == Type::array ||
           element.type == Type::null;
}

}  // namespace

bool was_too_large(const platform::StoreRefused& refusal) noexcept {
    constexpr int mongoc_error_protocol_invalid_reply = 14;
    return refusal.code() == mongoc_error_protocol_invalid_reply;
}

void ask_one_by_one(mongo::FindOptions& options) noexcept {
    options.batch_size = 1;
    options.batch_size_max = 1;
}

void Versions::set_empty(const Found& found) const {
    auto bulk = collection_.bulk();
    for (const auto& [id, version] : found) {
        if (is_empty(version)) {
            bulk.update_one(Builder().string(id_field, id).take(), mongo::set_change_time());
        }
    }
    static_cast<void>(bulk.execute());
}

void Versions::learn_from(const Found& found, std::span<const std::string> inserted_ids) {
    for (const std::string& id : inserted_ids) {
        if (const auto inserted = found.find(id); inserted != found.end()) {
            learn(inserted->second);
            return;
        }
    }
}

bool may_have_been_kept(const ChildUpdate& update) {
    return std::ranges::any_of(update.set.view(), can_be_alike);
}

bool has_been_kept(View child, const ChildUpdate& update) {
    if (update.replacement ||
        std::ranges::any_of(update.unset, [&](const std::string& field) { return child.find(field).has_value(); })) {
        return false;
    }
    for (const Element& element : update.set.view()) {
        const auto found = child.find(element.key);
        if (found ? !are_alike(*found, element) : element.type != Type::null) {
            return false;
        }
    }
    return true;
}

ChildUpdate replacing_update(View child, const ChildUpdate& update) {
    ChildUpdate whole{.id = update.id, .version = {}, .set = {}, .unset = {}, .replacement = {}};
    Builder builder;
    for (const Element& element : child) {
        if (element.key == version_field) {
            whole.version.updated_ts.assign(element.whole.begin(), element.whole.end());
        } else if (!update.set.view().find(element.key)) {
            builder.copy(element);
        }
    }
    for (const Element& element : update.set.view()) {
        builder.copy(element);
    }
    whole.replacement = builder.take();
    return whole;
}

}  // namespace twinfleet::mirroring::stand_in

#pragma once

#include <string>
#include <string_view>

#include "platform/bson/builder.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/bson/view.hpp"

/// The fields of a stored document that the stores themselves look at.
namespace twinfleet::mirroring {

inline constexpr std::string_view id_field = "_id";
inline constexpr std::string_view version_field = bson::updated_ts_field;
inline constexpr std::string_view login_field = "login";

/// The `_id` as a text: a string as it is, anything else in Extended JSON; empty when there is none.
[[nodiscard]] inline std::string id_text(bson::View document) {
    const auto id = document.find(id_field);
    if (!id) {
        return {};
    }
    return id->is_string() ? std::string(id->string()) : bson::to_extended_json(*id);
}

/// A projection onto one field or two. As a sort order: ascending by these fields.
[[nodiscard]] inline bson::Document projection_of(std::string_view first, std::string_view second) {
    bson::Builder builder;
    builder.int32(first, 1);
    if (second != first) {
        builder.int32(second, 1);
    }
    return builder.take();
}

}  // namespace twinfleet::mirroring

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "platform/http_client/json_client.hpp"
#include "platform/json/bad_input.hpp"

/// Reads the fields of a service's answer. Unlike in a request, fields that are not read are ignored, so that a service
/// may add fields before its clients know them. Every function throws json::BadInput, which names the field, when the
/// field is missing or has another type.
namespace twinfleet::clients {

[[nodiscard]] std::string text_in(const boost::json::object& object, std::string_view name);
/// A text or null; nullopt for null.
[[nodiscard]] std::optional<std::string> nullable_text_in(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::vector<std::string> texts_in(const boost::json::object& object, std::string_view name);
[[nodiscard]] bool boolean_in(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::int64_t integer_in(const boost::json::object& object, std::string_view name);
[[nodiscard]] const boost::json::array& array_in(const boost::json::object& object, std::string_view name);
/// A list of objects, each made into a value by `read`.
template <typename Read>
[[nodiscard]] auto objects_in(const boost::json::object& object, std::string_view name, const Read& read) {
    const boost::json::array& array = array_in(object, name);
    std::vector<decltype(read(object))> items;
    items.reserve(array.size());
    for (const boost::json::value& item : array) {
        if (!item.is_object()) {
            throw json::BadInput(std::string(name), "expected a list of objects");
        }
        items.push_back(read(item.get_object()));
    }
    return items;
}

/// Calls `read` with the body of the answer and returns the result. When `read` throws json::BadInput, this throws
/// platform::StoreUnavailable: what answers is not the service that was agreed on, and may be that service again once
/// somebody has mended it.
template <typename Read>
[[nodiscard]] auto read_answer(const http::JsonClient& client, const http::JsonAnswer& answer, const Read& read) {
    try {
        return read(answer.body);
    } catch (const json::BadInput& wrong) {
        throw platform::StoreUnavailable(client.service(),
                                         "its answer is not as agreed: " + wrong.field() + ": " + wrong.what());
    }
}

}  // namespace twinfleet::clients

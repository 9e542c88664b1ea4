#include "clients/answer_fields.hpp"

#include <boost/json/value.hpp>

namespace twinfleet::clients {
namespace {

const boost::json::value& field_in(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) {
        throw json::BadInput(std::string(name), "expected it, found nothing");
    }
    return *value;
}

std::string text_of(const boost::json::value& value, std::string_view name) {
    if (!value.is_string()) {
        throw json::BadInput(std::string(name), "expected a text");
    }
    return std::string(value.get_string());
}

}  // namespace

std::string text_in(const boost::json::object& object, std::string_view name) {
    return text_of(field_in(object, name), name);
}

std::optional<std::string> nullable_text_in(const boost::json::object& object, std::string_view name) {
    const auto& value = field_in(object, name);
    return value.is_null() ? std::nullopt : std::optional(text_of(value, name));
}

std::vector<std::string> texts_in(const boost::json::object& object, std::string_view name) {
    const boost::json::array& array = array_in(object, name);
    std::vector<std::string> texts;
    texts.reserve(array.size());
    for (const boost::json::value& item : array) {
        texts.push_back(text_of(item, name));
    }
    return texts;
}

bool boolean_in(const boost::json::object& object, std::string_view name) {
    const auto& value = field_in(object, name);
    if (!value.is_bool()) {
        throw json::BadInput(std::string(name), "expected true or false");
    }
    return value.get_bool();
}

std::int64_t integer_in(const boost::json::object& object, std::string_view name) {
    const auto& value = field_in(object, name);
    boost::system::error_code error;
    const auto number = value.to_number<std::int64_t>(error);
    if (error) {
        throw json::BadInput(std::string(name), "expected a whole number");
    }
    return number;
}

const boost::json::array& array_in(const boost::json::object& object, std::string_view name) {
    const auto& value = field_in(object, name);
    if (!value.is_array()) {
        throw json::BadInput(std::string(name), "expected a list");
    }
    return value.get_array();
}

}  // namespace twinfleet::clients

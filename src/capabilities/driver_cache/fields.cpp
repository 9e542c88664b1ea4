#include "capabilities/driver_cache/fields.hpp"

namespace twinfleet::driver_cache {

Fields::Fields(bson::View document, std::span<const std::string_view> names) : names_(names) {
    // Documents of a collection have their fields in much the same order, so the next name is mostly the next field's.
    std::size_t next = 0;
    for (const bson::Element& element : document) {
        for (std::size_t tried = 0; tried < names.size(); ++tried) {
            const std::size_t i = (next + tried) % names.size();
            if (names[i] == element.key) {
                if (!found_.at(i)) {
                    found_.at(i) = element;
                }
                next = i + 1;
                break;
            }
        }
    }
}

const Field& Fields::operator[](std::string_view name) const {
    std::size_t i = 0;
    while (names_[i] != name) {
        ++i;
    }
    return found_.at(i);
}

std::string needed_text(const Field& field, const char* reason) {
    if (!field || !field->is_string() || field->string().empty()) {
        throw BadField(reason);
    }
    return std::string(field->string());
}

std::string text_or_none(const Field& field, const char* reason) {
    if (!field || field->type == bson::Type::null) {
        return {};
    }
    if (!field->is_string()) {
        throw BadField(reason);
    }
    return std::string(field->string());
}

std::string text_if_any(const Field& field) {
    return field && field->is_string() ? std::string(field->string()) : std::string();
}

}  // namespace twinfleet::driver_cache

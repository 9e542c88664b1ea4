#include "capabilities/mirroring/policy/changes_json.hpp"

#include <algorithm>
#include <string_view>

#include <boost/locale/utf.hpp>

#include "platform/json/string.hpp"

namespace twinfleet::mirroring {
namespace {

/// The escape itself, not two backslashes before "u0000".
bool holds_nul(std::string_view json) {
    for (std::size_t at = 0; (at = json.find('\\', at)) != std::string_view::npos; at += 2) {
        if (json.substr(at).starts_with("\\u0000")) {
            return true;
        }
    }
    return false;
}

/// As PostgreSQL sees it, which has no surrogates in UTF-8.
bool is_utf8(std::string_view text) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    for (const char* next = text.data(); next != text.data() + text.size();) {
        const auto code = Utf8::decode(next, text.data() + text.size());
        if (code == boost::locale::utf::illegal || code == boost::locale::utf::incomplete) {
            return false;
        }
    }
    return true;
}

class Writer {
public:
    std::string write(const Difference& difference) {
        const std::size_t written = std::min(difference.fields.size(), recorded_fields_max);
        for (std::size_t i = 0; i < written; ++i) {
            const Difference::Field& field = difference.fields[i];
            begin_field(field.name);
            is_first_ = true;
            if (field.from) {
                add("was", *field.from);
            }
            if (field.to) {
                add("became", *field.to);
            }
            json_ += '}';
        }
        if (written < difference.fields.size()) {
            begin_field("");
            json_ += "\"fields\":" + std::to_string(difference.fields.size() - written) + '}';
        }
        json_ += '}';
        return std::move(json_);
    }

private:
    void begin_field(std::string_view name) {
        json_ += json_.size() > 1 ? "," : "";
        json::append_string(json_, name);
        json_ += ":{";
    }

    void add(const char* key, const bson::Element& value) {
        json_.append(is_first_ ? "" : ",").append("\"").append(key);
        is_first_ = false;
        const std::size_t size = value.value.size();
        if (size <= recorded_value_bytes_max && values_bytes_ + size <= recorded_values_bytes_max) {
            const std::string text = bson::to_extended_json(value);
            if (text != bson::unwritable_json && !holds_nul(text) && is_utf8(text)) {
                values_bytes_ += size;
                json_.append("\":").append(text);
                return;
            }
        }
        json_.append("_bytes\":").append(std::to_string(size));
    }

    std::string json_ = "{";
    bool is_first_ = true;
    std::size_t values_bytes_ = 0;
};

}  // namespace

std::string changes_json(const Difference& difference) {
    return Writer().write(difference);
}

}  // namespace twinfleet::mirroring

#include "platform/api/query.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "platform/api/numbers.hpp"
#include "platform/http/percent.hpp"

namespace twinfleet::api {

std::vector<std::pair<std::string, std::string>> read_query(std::string_view query,
                                                            const std::vector<std::string_view>& allowed) {
    std::vector<std::pair<std::string, std::string>> values;
    // Taken apart here, because the grammar of Boost.URL refuses a query as a whole for one byte that a URL may not
    // hold, such as one of UTF-8 that was not encoded, while an answer has to name the parameter.
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (pair.empty()) {
            continue;
        }
        const auto equals = pair.find('=');
        auto name = http::percent_decode_query(pair.substr(0, equals));
        if (!name || std::find(allowed.begin(), allowed.end(), *name) == allowed.end()) {
            throw json::BadInput(name.value_or(""), "expected no such parameter");
        }
        auto value =
            equals == std::string_view::npos ? std::string() : http::percent_decode_query(pair.substr(equals + 1));
        if (!value) {
            throw json::BadInput(*std::move(name), "expected percent-encoded UTF-8 without NUL");
        }
        if (std::any_of(values.begin(), values.end(), [&](const auto& known) { return known.first == *name; })) {
            throw json::BadInput(*std::move(name), "expected this parameter once");
        }
        values.emplace_back(*std::move(name), *std::move(value));
    }
    return values;
}

void refuse_query(const Call& call) {
    static_cast<void>(read_query(call.request.query, {}));
}

BlockingHandler without_query(BlockingHandler handle) {
    return [handle = std::move(handle)](const Call& call) {
        refuse_query(call);
        return handle(call);
    };
}

void refuse_body(const Call& call) {
    if (!call.request.body.empty()) {
        const auto object = json::parse_object(call.request.body);
        json::ObjectReader(object).finish();
    }
}

Query::Query(std::string_view query, const std::vector<std::string_view>& names) : values_(read_query(query, names)) {}

const std::string* Query::find(std::string_view name) const {
    const auto found =
        std::find_if(values_.begin(), values_.end(), [name](const auto& value) { return value.first == name; });
    return found == values_.end() ? nullptr : &found->second;
}

std::string Query::text(std::string_view name, json::TextLimits limits) const {
    const std::string* value = find(name);
    if (value == nullptr) {
        return {};
    }
    if (value->size() < limits.bytes_min || value->size() > limits.bytes_max) {
        throw json::BadInput(std::string(name), "expected " + std::to_string(limits.bytes_min) + " to " +
                                                    std::to_string(limits.bytes_max) + " bytes of text without NUL");
    }
    return *value;
}

std::size_t Query::limit(PageLimits limits) const {
    const std::string* value = find("limit");
    if (value == nullptr) {
        return limits.usual;
    }
    const auto limit = whole_number<std::size_t>(*value);
    if (!limit || *limit < 1 || *limit > limits.max) {
        throw json::BadInput("limit", "expected a whole number from 1 to " + std::to_string(limits.max));
    }
    return *limit;
}

std::int64_t Query::cursor_number() const {
    const std::string* value = find("cursor");
    if (value == nullptr) {
        return 0;
    }
    const auto number = whole_number<std::int64_t>(*value);
    if (!number || *number < 1) {
        throw json::BadInput("cursor", "expected a cursor of an earlier page");
    }
    return *number;
}

}  // namespace twinfleet::api

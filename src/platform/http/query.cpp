#include <algorithm>

#include "platform/http/api_server.hpp"
#include "platform/http/percent.hpp"
#include "platform/json/bad_input.hpp"

namespace twinfleet::http {

namespace {

std::optional<std::string> decode(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_query(std::string_view query,
                                                            const std::vector<std::string_view>& allowed) {
    std::vector<std::pair<std::string, std::string>> values;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (pair.empty()) {
            continue;
        }
        const auto equals = pair.find('=');
        auto name = decode(pair.substr(0, equals));
        if (!name || std::find(allowed.begin(), allowed.end(), *name) == allowed.end()) {
            constexpr std::size_t shown_bytes_max = 100;
            throw json::BadInput(name.value_or("").substr(0, shown_bytes_max), "expected no such parameter");
        }
        auto value = equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1));
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

}  // namespace twinfleet::http

#include "tests/support/json.hpp"

#include <stdexcept>

#include <boost/json/parse.hpp>

namespace twinfleet::testing {

boost::json::object json_object(std::string_view text) {
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(text, error);
    if (error || !value.is_object()) {
        throw std::invalid_argument("not a JSON object: " + std::string(text));
    }
    return std::move(value.as_object());
}

std::vector<boost::json::object> json_lines(std::string_view text) {
    std::vector<boost::json::object> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            throw std::invalid_argument("the last line does not end: " + std::string(text));
        }
        lines.push_back(json_object(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::set<std::string> keys_of(const boost::json::object& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object) {
        keys.emplace(key);
    }
    return keys;
}

}  // namespace twinfleet::testing

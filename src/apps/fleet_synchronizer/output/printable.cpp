#include "apps/fleet_synchronizer/output/printable.hpp"

#include "platform/json/string.hpp"

namespace twinfleet::fleet_synchronizer {

std::string printable(std::string_view text) {
    std::string as_json;
    json::append_string(as_json, text);
    const bool is_plain = !text.empty() && text.find(' ') == std::string_view::npos &&
                          as_json.size() == text.size() + 2 && as_json.compare(1, text.size(), text) == 0;
    return is_plain ? std::string(text) : as_json;
}

}  // namespace twinfleet::fleet_synchronizer

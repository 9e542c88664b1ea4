#include "platform/api/path.hpp"

#include "platform/api/numbers.hpp"

namespace twinfleet::api {

const std::string& id_in_path(const Call& call, std::string_view name) {
    const std::string& id = call.path_argument(name);
    if (id.size() > id_limits.bytes_max) {
        throw json::BadInput(std::string(name),
                             "expected at most " + std::to_string(id_limits.bytes_max) + " bytes of text");
    }
    return id;
}

std::int64_t number_in_path(const Call& call, std::string_view name) {
    const auto number = whole_number<std::int64_t>(call.path_argument(name));
    if (!number || *number < 1) {
        throw json::BadInput(std::string(name), "expected a whole number from 1");
    }
    return *number;
}

}  // namespace twinfleet::api

#include "platform/api/route.hpp"

#include <algorithm>
#include <stdexcept>

namespace twinfleet::api {

const std::string& Call::path_argument(std::string_view name) const {
    const auto found = std::find_if(path_arguments.begin(), path_arguments.end(),
                                    [name](const auto& argument) { return argument.first == name; });
    if (found == path_arguments.end()) {
        throw std::out_of_range("the route has no argument " + std::string(name));
    }
    return found->second;
}

void Call::note(std::string_view key, std::string value) const {
    if (notes) {
        notes->emplace_back(key, std::move(value));
    }
}

}  // namespace twinfleet::api

#include "platform/api/replacement.hpp"

#include <string>

namespace twinfleet::api {

void check_fixed_fields(const boost::json::object& body, const FixedFields& fixed) {
    for (const auto& [name, value] : fixed) {
        const auto* given = body.if_contains(name);
        if (given != nullptr && *given != value) {
            throw Conflict(std::string(name), "expected the value that this object has, or no such field");
        }
    }
}

}  // namespace twinfleet::api

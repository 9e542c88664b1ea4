#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "platform/api/conflict.hpp"
#include "platform/json/object_reader.hpp"

/// Reads the bodies of PUT requests. PUT takes what GET gives (contract, section 4): a client may read an object,
/// change a field, and send the whole back.
namespace twinfleet::api {

/// Fields of an object that the path or the service fixes, such as `id` and `created_at`, with the values that GET
/// shows for them.
using FixedFields = std::vector<std::pair<std::string_view, boost::json::value>>;

/// Throws Conflict when the body gives one of these fields another value. A field that the body leaves out is no
/// conflict.
void check_fixed_fields(const boost::json::object& body, const FixedFields& fixed);

/// Reads the body of a PUT. `read(reader)` reads the fields that a client may set. A field that the body leaves out
/// gets the value that it has after a POST without it. Fields of `fixed` may be in the body if they have the values
/// given there. Throws json::BadInput for a body that is wrong by itself, and only for other bodies Conflict.
template <typename Read>
[[nodiscard]] auto read_replacement(std::string_view body, const FixedFields& fixed, const Read& read) {
    const auto object = json::parse_object(body);
    json::ObjectReader reader(object);
    auto fields = read(reader);
    for (const auto& [name, value] : fixed) {
        static_cast<void>(reader.any(name));
    }
    reader.finish();
    check_fixed_fields(object, fixed);
    return fields;
}

}  // namespace twinfleet::api

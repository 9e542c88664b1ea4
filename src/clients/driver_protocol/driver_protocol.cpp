#include "clients/driver_protocol/driver_protocol.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "clients/answer_fields.hpp"

namespace twinfleet::clients {
namespace {

std::uint64_t count_in(const boost::json::object& object, std::string_view name) {
    const std::int64_t count = integer_in(object, name);
    if (count < 0) {
        throw json::BadInput(std::string(name), "expected a count");
    }
    return static_cast<std::uint64_t>(count);
}

}  // namespace

DriverProtocol::DriverProtocol(const http::JsonClientSettings& settings, const platform::Clock& clock)
    : client_(settings, clock) {}

ErasedTraces DriverProtocol::erase_driver(std::string_view driver_id, std::span<const std::string> park_ids) const {
    const boost::json::object body{{"park_ids", boost::json::array(park_ids.begin(), park_ids.end())}};
    const auto answer = client_.ask({.method = "POST",
                                     .target = http::path_of({"v1", "internal", "drivers", driver_id, "erase"}),
                                     .pattern = "/v1/internal/drivers/{id}/erase",
                                     .body = &body});
    return read_answer(client_, answer, [](const boost::json::object& object) {
        return ErasedTraces{.sessions = count_in(object, "sessions"), .positions = count_in(object, "positions")};
    });
}

}  // namespace twinfleet::clients

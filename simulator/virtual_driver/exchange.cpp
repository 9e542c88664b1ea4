#include "simulator/virtual_driver/exchange.hpp"

namespace twinfleet::simulator {

std::string_view Answer::text(std::string_view field) const {
    const auto* value = body.if_contains(field);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<std::int64_t> Answer::integer(std::string_view field) const {
    const auto* value = body.if_contains(field);
    if (value == nullptr || !value->is_int64()) {
        return std::nullopt;
    }
    return value->get_int64();
}

std::string error_of(const Answer& answer) {
    if (answer.status == 0) {
        return "unreachable";
    }
    std::string error = std::to_string(answer.status);
    if (!answer.code().empty()) {
        error.append(" ").append(answer.code());
    }
    return error;
}

}  // namespace twinfleet::simulator

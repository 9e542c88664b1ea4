#include "capabilities/driver_login/text_messages/text_messages.hpp"

namespace twinfleet::driver_login {

std::string_view to_string(SendOutcome outcome) noexcept {
    switch (outcome) {
        case SendOutcome::sent:
            return "sent";
        case SendOutcome::refused:
            return "refused";
        case SendOutcome::failed:
            return "failed";
        case SendOutcome::circuit_open:
            return "circuit_open";
    }
    return "failed";
}

}  // namespace twinfleet::driver_login

#pragma once

#include <exception>
#include <string>

namespace twinfleet::platform {

/// What an exception says about itself, for a log. `failure` must not be empty.
[[nodiscard]] inline std::string reason_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "something that is not an exception";
    }
}

}  // namespace twinfleet::platform

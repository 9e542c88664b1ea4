#pragma once

#include <chrono>
#include <string>

#include "capabilities/driver_login/store/login_limits.hpp"

namespace twinfleet::driver_login {

struct LoginSettings {
    LoginLimits limits;
    /// Where phones without a `+` are from (ISO 3166-1).
    std::string region = "RU";
    /// `{code}` stands for the code, once.
    std::string message_text = "{code} is your code to log in. Do not tell it to anybody.";
    /// What the app is told to wait when a child driver could not be made now, or a store is away.
    std::chrono::seconds retry_after{2};

    /// Throws std::invalid_argument that names the setting.
    void check() const;
};

}  // namespace twinfleet::driver_login

#pragma once

#include <string>

namespace twinfleet::access_control {

/// Who makes a change.
struct Author {
    /// The name of the service token that was shown.
    std::string caller;
    /// The person for whom the caller acts, as it says (header `X-User`); empty when it does not say.
    std::string person = {};
};

}  // namespace twinfleet::access_control

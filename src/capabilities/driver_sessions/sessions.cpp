#include "capabilities/driver_sessions/sessions.hpp"

namespace twinfleet::driver_sessions {

std::vector<platform::Outcome<FoundSession>> Sessions::find_each(std::span<const ShownToken> tokens) {
    std::vector<platform::Outcome<FoundSession>> found;
    found.reserve(tokens.size());
    for (const ShownToken& shown : tokens) {
        try {
            found.emplace_back(find(shown.token, shown.family));
        } catch (...) {
            found.emplace_back(std::current_exception());
        }
    }
    return found;
}

}  // namespace twinfleet::driver_sessions

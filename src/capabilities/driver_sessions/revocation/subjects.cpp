#include "capabilities/driver_sessions/revocation/subjects.hpp"

namespace twinfleet::driver_sessions {
namespace {

std::string subject(std::string_view kind, std::string_view id) {
    std::string text;
    text.reserve(kind.size() + 1 + id.size());
    return text.append(kind).append(1, ':').append(id);
}

}  // namespace

bool is_same_key(std::string_view digest, std::string_view other_digest) noexcept {
    return digest.substr(0, phone_key_digits) == other_digest.substr(0, phone_key_digits);
}

std::string driver_subject(std::string_view driver_id) {
    return subject("driver", driver_id);
}

std::string park_subject(std::string_view park_id) {
    return subject("park", park_id);
}

std::string phone_subject(std::string_view phone_digest) {
    return subject("phone", phone_digest);
}

std::string family_subject(std::string_view family) {
    return subject("family", family);
}

std::string driver_stopped_subject(std::string_view driver_id) {
    return subject("driver_stopped", driver_id);
}

std::string park_stopped_subject(std::string_view park_id) {
    return subject("park_stopped", park_id);
}

std::string phone_removed_subject(std::string_view driver_id, std::string_view phone_digest) {
    // The digest first: it has no colon.
    return subject("phone_removed", subject(phone_digest, driver_id));
}

}  // namespace twinfleet::driver_sessions

#include "platform/mongo/errors.hpp"

#include <algorithm>
#include <array>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mongo {

bool means_unavailable(int server_code) {
    constexpr std::array codes{
        6,      // HostUnreachable
        7,      // HostNotFound
        24,     // LockTimeout
        43,     // CursorNotFound
        63,     // StaleShardVersion
        89,     // NetworkTimeout
        91,     // ShutdownInProgress
        133,    // FailedToSatisfyReadPreference
        134,    // ReadConcernMajorityNotAvailableYet
        150,    // StaleEpoch
        189,    // PrimarySteppedDown
        202,    // NetworkInterfaceExceededTimeLimit
        237,    // CursorKilled
        262,    // ExceededTimeLimit
        9001,   // SocketException
        10058,  // LegacyNotPrimary
        10107,  // NotWritablePrimary
        11600,  // InterruptedAtShutdown
        11601,  // Interrupted
        11602,  // InterruptedDueToReplStateChange
        13388,  // StaleConfig
        13435,  // NotPrimaryNoSecondaryOk
        13436,  // NotPrimaryOrSecondary
    };
    return std::ranges::find(codes, server_code) != codes.end();
}

bool means_unavailable(const bson_error_t& error) {
    switch (error.domain) {
        case MONGOC_ERROR_STREAM:
        case MONGOC_ERROR_SERVER_SELECTION:
            return true;
        case MONGOC_ERROR_CLIENT:
            return error.code == MONGOC_ERROR_CLIENT_NOT_READY;
        case MONGOC_ERROR_WRITE_CONCERN:
            return true;
        case MONGOC_ERROR_SERVER:
            return means_unavailable(static_cast<int>(error.code));
        default:
            return false;
    }
}

bool broke_off(const bson_error_t& error) noexcept {
    return error.domain == MONGOC_ERROR_STREAM && error.code == MONGOC_ERROR_STREAM_SOCKET;
}

std::string without_data(std::string_view message) {
    constexpr std::string_view duplicate_key = " dup key:";
    return std::string(message.substr(0, std::min(message.find(duplicate_key), message.find_first_of("{\""))));
}

std::string not_acknowledged(std::string_view message) {
    return "a write was not acknowledged as widely as the write concern asks: " + without_data(message);
}

void raise(const bson_error_t& error) {
    if (error.domain == MONGOC_ERROR_WRITE_CONCERN) {
        throw platform::StoreUnavailable(store_name, not_acknowledged(error.message));
    }
    if (means_unavailable(error)) {
        throw platform::StoreUnavailable(store_name, error.message);
    }
    const auto said_by_server = error.domain == MONGOC_ERROR_SERVER;
    throw platform::StoreRefused(store_name, static_cast<int>(error.code),
                                 said_by_server ? without_data(error.message) : std::string(error.message));
}

}  // namespace twinfleet::mongo

#include "platform/redis/errors.hpp"

#include <algorithm>
#include <array>

namespace twinfleet::redis {

bool means_unavailable(std::string_view error) noexcept {
    constexpr std::array<std::string_view, 9> codes{
        "LOADING",      // reads its data after a start
        "MASTERDOWN",   // a replica without its master
        "READONLY",     // was the master until just now
        "BUSY",         // a script that runs for too long
        "TRYAGAIN",     // a slot of the cluster is on its way
        "CLUSTERDOWN",  // a slot of the cluster is nowhere
        "NOREPLICAS",   // too few replicas to accept a write
        "MISCONF",      // cannot write to its disk, so it accepts no writes
        "OOM",          // its memory is used up
    };
    return std::ranges::find(codes, error.substr(0, error.find(' '))) != codes.end() ||
           error.starts_with("ERR max number of clients");
}

bool means_another_server(std::string_view error) noexcept {
    constexpr std::array<std::string_view, 5> codes{"OOM", "MISCONF", "NOREPLICAS", "BUSY", "TRYAGAIN"};
    return means_unavailable(error) && std::ranges::find(codes, error.substr(0, error.find(' '))) == codes.end();
}

bool means_unknown_script(std::string_view error) noexcept {
    return error.starts_with("NOSCRIPT");
}

std::string without_arguments(std::string_view error) {
    auto text = error.substr(0, error.find_first_of("'\"`\r\n"));
    while (!text.empty() && (text.back() == ' ' || text.back() == ':')) {
        text.remove_suffix(1);
    }
    return std::string(text);
}

void throw_store_error(std::string_view command_name, std::string_view error) {
    const auto reason = std::string(command_name) + ": " + without_arguments(error);
    if (error.starts_with("OOM ")) {
        throw OutOfMemory(reason);
    }
    if (means_unavailable(error)) {
        throw platform::StoreUnavailable(store_name, reason);
    }
    throw platform::StoreRefused(store_name, 0, reason);
}

}  // namespace twinfleet::redis

#include "tests/support/loopback_port.hpp"

#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace twinfleet::testing {

std::uint16_t free_loopback_port() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool has_port =
        listener >= 0 && ::bind(listener, generic, size) == 0 && ::getsockname(listener, generic, &size) == 0;
    const int error = errno;
    ::close(listener);
    if (!has_port) {
        throw std::system_error(error, std::generic_category(), "no free loopback port");
    }
    return ntohs(address.sin_port);
}

}  // namespace twinfleet::testing

#pragma once

#include <cstdint>

#include "platform/http/endpoint.hpp"
#include "platform/http/sockets.hpp"

namespace twinfleet::http::detail {

/// Has `acceptor` listen on the first address of `endpoint` that can be listened on, of `localhost` that is the one of
/// IPv4. Returns the port. Throws std::runtime_error that names the address when there is none.
[[nodiscard]] std::uint16_t listen(Acceptor& acceptor, const Endpoint& endpoint);

}  // namespace twinfleet::http::detail

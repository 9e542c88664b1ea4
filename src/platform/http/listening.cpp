#include "platform/http/listening.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace twinfleet::http::detail {

std::uint16_t listen(Acceptor& acceptor, const Endpoint& endpoint) {
    const auto& [host, port] = endpoint;
    ErrorCode error;
    Tcp::resolver resolver(acceptor.get_executor());
    const auto resolved =
        resolver.resolve(host, std::to_string(port), Tcp::resolver::passive | Tcp::resolver::numeric_service, error);
    std::vector<Tcp::endpoint> candidates(resolved.begin(), resolved.end());
    // `localhost` is both 127.0.0.1 and ::1: who looks for it tries both, who does not means the former.
    std::stable_partition(candidates.begin(), candidates.end(),
                          [](const Tcp::endpoint& candidate) { return candidate.address().is_v4(); });
    for (const auto& candidate : candidates) {
        ErrorCode ignored;
        acceptor.close(ignored);
        if (acceptor.open(candidate.protocol(), error)) {
            continue;
        }
        // Else a restart would have to wait for the connections of its predecessor to be forgotten.
        acceptor.set_option(Acceptor::reuse_address(true), ignored);
        if (acceptor.bind(candidate, error) || acceptor.listen(Acceptor::max_listen_connections, error)) {
            continue;
        }
        return acceptor.local_endpoint().port();
    }
    const std::string address = host.find(':') == std::string::npos ? host : '[' + host + ']';
    throw std::runtime_error("cannot listen on " + address + ':' + std::to_string(port) + ": " + error.message());
}

}  // namespace twinfleet::http::detail

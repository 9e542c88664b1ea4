#pragma once

#include <cstdint>
#include <string>

namespace twinfleet::benchmarks {

/// What the services are compared with: Boost.Beast alone, asynchronous, on one thread, with kept connections. Every
/// request is parsed whole and gets a fixed JSON, GET one and other methods another. No routes, tokens, metrics, logs,
/// limits or timeouts. Ends with SIGTERM.
void serve_plainly(std::uint16_t port, const std::string& get_answer, const std::string& other_answer);

}  // namespace twinfleet::benchmarks

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "benchmarks/api/load.hpp"

namespace twinfleet::benchmarks {

/// What is sent as the request of this number, whole.
using MakeRequest = std::function<std::string(std::size_t number)>;
/// Whether this is the answer that it should be; head and body.
using IsGoodAnswer = std::function<bool(std::string_view answer)>;

/// So many kept connections to a server on this machine, each with one request after the other, until `count` of them
/// are answered. All of it on the calling thread, so that the load takes as little as can be from who is measured.
/// Throws std::runtime_error when the server hangs up or does not answer.
[[nodiscard]] LoadFigures keep_busy(std::uint16_t port, std::size_t connections, std::size_t count,
                                    const MakeRequest& make_request, const IsGoodAnswer& is_good);

}  // namespace twinfleet::benchmarks

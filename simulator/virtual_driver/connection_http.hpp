#pragma once

#include <chrono>
#include <string>

#include "platform/http_client/client.hpp"
#include "simulator/virtual_driver/exchange.hpp"

namespace twinfleet::simulator {

struct ConnectionSettings {
    /// `http://host:port`.
    std::string url;
    std::chrono::milliseconds request_timeout{10'000};
};

/// One kept connection to driver-protocol. For one thread at a time.
class Connection {
public:
    explicit Connection(const ConnectionSettings& settings);

    /// `address` goes into `X-Forwarded-For` unless it is empty. That nobody answered is an Answer, too.
    [[nodiscard]] Answer exchange(const Request& request, const std::string& user_agent,
                                  const std::string& address) const;
    /// Throws platform::StoreUnavailable when nobody answers.
    void ping() const;

private:
    http::Client client_;
};

}  // namespace twinfleet::simulator

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"
#include "platform/http/percent.hpp"

namespace twinfleet::http {

struct ClientSettings {
    /// `http://host:port`, with a path before all targets if need be.
    std::string base_url;
    /// Sent as `Authorization: Bearer ...` unless empty.
    std::string bearer_token;
    std::size_t connections_max = 8;
    std::chrono::milliseconds connect_timeout{1'000};
    /// From the first byte sent to the last byte read.
    std::chrono::milliseconds request_timeout{5'000};
    std::size_t answer_bytes_max = std::size_t{32} << 20;
    /// How errors name the peer: `access-control`.
    std::string peer_name;
};

/// A blocking HTTP/1.1 client with kept connections; safe to use from any thread.
class Client {
public:
    /// Throws std::invalid_argument for a base_url that cannot be read. Does not connect.
    explicit Client(const ClientSettings& settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `target` begins with a slash; a body is sent as JSON unless `headers` says otherwise. Any answer with a status
    /// is returned. Throws platform::StoreUnavailable when the peer cannot be reached, is too slow, or breaks off. A
    /// kept connection that the peer had closed before the request was sent is replaced once; nothing else is retried.
    /// Throws std::invalid_argument for what no request can hold, such as a space in the target.
    [[nodiscard]] Response request(std::string_view method, std::string_view target, std::string_view body = {},
                                   const Headers& headers = {}) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http

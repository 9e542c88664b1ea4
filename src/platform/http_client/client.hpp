#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "platform/errors/store_error.hpp"
#include "platform/http/message.hpp"
#include "platform/http/percent.hpp"

namespace twinfleet::http {

struct ClientSettings {
    /// Good for parse_base_url: `http://host:port` or `https://host:port`, with a path before all targets if need be.
    std::string base_url;
    /// Sent as `Authorization: Bearer ...` unless empty.
    std::string bearer_token;
    /// How errors name the setting of bearer_token: `neighbour.service_token`.
    std::string token_name = "service_token";
    /// The certificate authorities (PEM) that the peer of a `https://` URL is checked against; empty: those that the
    /// system trusts.
    std::string ca_file;
    /// Requests that may be under way at once; each has a connection of its own.
    std::size_t connections_max = 8;
    /// Requests that may wait for one of these connections; a further one is refused at once.
    std::size_t waiting_max = 1'024;
    /// For looking up the host's name, the connection, and the handshake of TLS.
    std::chrono::milliseconds connect_timeout{1'000};
    /// For the whole of a request: waiting for a connection, connecting, sending, and reading the answer.
    std::chrono::milliseconds request_timeout{5'000};
    /// Of the body of an answer.
    std::size_t answer_bytes_max = std::size_t{32} << 20;
    /// How errors name the peer: the name of the service.
    std::string peer_name;
};

/// Throws std::invalid_argument for a token that no header field can hold; the message does not repeat it.
void check_bearer_token(std::string_view token);

/// The request was given up for a reason that is not the peer's: too many requests are under way, or the caller is to
/// stop. What the peer is like is not known.
class RequestGivenUp : public platform::StoreUnavailable {
public:
    using StoreUnavailable::StoreUnavailable;
};

/// A blocking HTTP/1.1 client with kept connections (RFC 9112), on top of libcurl; safe to use from any thread.
///
/// The certificate of a `https://` peer, and that it was made for the host of the URL, is always checked; at least TLS
/// 1.2 is spoken. Redirects are answers like any other. Proxies that the environment names are not used.
class Client {
public:
    /// Throws std::invalid_argument for a base_url, a ca_file or a bearer_token that cannot be used. Does not connect.
    explicit Client(const ClientSettings& settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `target` begins with a slash; a body is sent as JSON unless `headers` says otherwise. Any answer with a status
    /// is returned. Throws platform::StoreUnavailable when the peer cannot be reached, is too slow, breaks off, or
    /// answers with more than may be read; RequestGivenUp when too many requests are under way already, and, within
    /// about 100 ms, once `stop` is requested. Throws std::invalid_argument for what no request can hold, such as a
    /// space in the target.
    ///
    /// A kept connection that the peer had closed before the request was sent is replaced. When it turns out only
    /// afterwards that the peer had closed it, GET and HEAD, which change nothing (RFC 9110, section 9.2.1), are sent
    /// once more. Nothing else is sent twice.
    [[nodiscard]] Response request(std::string_view method, std::string_view target, std::string_view body = {},
                                   const Headers& headers = {}, const std::stop_token& stop = {}) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http

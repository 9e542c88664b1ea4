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

/// Where the peer of a Client is, and the client's limits.
struct ClientSettings {
    /// The URL of the peer, which parse_base_url() must accept: `http://host:port` or `https://host:port`; a path
    /// behind it stands before all targets.
    std::string base_url;
    /// The token that is sent as `Authorization: Bearer ...`; none when it is empty.
    std::string bearer_token;
    /// The name of the setting that holds bearer_token, for errors: `neighbour.service_token`.
    std::string token_name = "service_token";
    /// The file (PEM) with the certificate authorities that the peer of a `https://` URL is checked against. When it is
    /// empty, these are the authorities that the system trusts.
    std::string ca_file;
    /// The most requests that may be under way at once; each has a connection of its own.
    std::size_t connections_max = 8;
    /// The most requests that may wait for one of these connections; a further one is refused at once.
    std::size_t waiting_max = 1'024;
    /// The time for looking up the name of the host, connecting, and the handshake of TLS.
    std::chrono::milliseconds connect_timeout{1'000};
    /// The time for connecting, sending, and reading the answer; and, before that, as much again for waiting until one
    /// of the connections is free.
    std::chrono::milliseconds request_timeout{5'000};
    /// The most bytes of the body of an answer.
    std::size_t answer_bytes_max = std::size_t{32} << 20;
    /// The name of the service that the peer is, for errors.
    std::string peer_name;
};

/// Throws std::invalid_argument when no header field can hold the token; the message does not repeat it.
void check_bearer_token(std::string_view token);

/// Whether what is sent to this peer, the token among it, travels without TLS to another machine. False without an
/// address. Throws std::invalid_argument for a base_url that parse_base_url() refuses.
[[nodiscard]] bool is_sent_in_plain(const ClientSettings& settings);

/// Thrown when a request was given up for a reason that is not the peer's: too many requests are under way, or a stop
/// was requested. It says nothing about the state of the peer.
class RequestGivenUp : public platform::StoreUnavailable {
public:
    using StoreUnavailable::StoreUnavailable;
};

/// A blocking HTTP/1.1 client that keeps connections open (RFC 9112), on top of libcurl. Safe to use from any thread.
///
/// The certificate of a `https://` peer is always checked, and also that it was made for the host of the URL. TLS is
/// version 1.2 or later. Redirects are answers like any other. Proxies that the environment names are not used.
class Client {
public:
    /// Throws std::invalid_argument for a base_url, a ca_file or a bearer_token that cannot be used. Does not connect.
    explicit Client(const ClientSettings& settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends a request and returns the answer, whatever its status. `target` begins with a slash; a body is sent as
    /// JSON unless `headers` says otherwise. Throws platform::StoreUnavailable when the peer cannot be reached, is too
    /// slow, breaks off, or answers with more than answer_bytes_max. Throws RequestGivenUp when too many requests are
    /// under way already, and, within about 100 ms, once `stop` is requested. Throws std::invalid_argument for what no
    /// request can hold, such as a space in the target.
    ///
    /// When the peer has closed a kept connection before the request is sent, a new one is used. When it turns out only
    /// afterwards that the peer had closed the connection, GET and HEAD, which change nothing (RFC 9110, section
    /// 9.2.1), are sent once more. Other requests are never sent twice.
    [[nodiscard]] Response request(std::string_view method, std::string_view target, std::string_view body = {},
                                   const Headers& headers = {}, const std::stop_token& stop = {}) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::http

#pragma once

#include <array>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "platform/http/body_budget.hpp"
#include "platform/http/request_reader.hpp"
#include "platform/http/response_head.hpp"
#include "platform/http/server.hpp"
#include "platform/http/sockets.hpp"

namespace twinfleet::http::detail {

/// The address, without a port; empty when the peer has gone.
inline std::string address_of_peer(const Socket& socket) {
    ErrorCode error;
    const auto peer = socket.remote_endpoint(error);
    return error ? std::string() : peer.address().to_string();
}

/// One client, from its connecting to its going.
struct Connection {
    Connection(Socket&& accepted, const ServerSettings& settings, BodyBudget& budget)
        : socket(std::move(accepted)),
          peer_address(address_of_peer(socket)),
          reader({.header_bytes_max = settings.header_bytes_max, .body_bytes_max = settings.body_bytes_max}, budget),
          answered(socket.get_executor(), never) {}

    /// The next request begins, or the first.
    void begin_request(const ServerSettings& settings) {
        reader.begin(peer_address);
        deadline = SteadyClock::now() + settings.request_timeout;
    }
    /// Nothing of a request has come yet.
    [[nodiscard]] bool is_idle() const { return !reader.has_begun(); }

    /// The answer as it goes out. Valid until the next one.
    std::array<boost::asio::const_buffer, 2> write_down(Response&& answer, const Framing& framing, bool has_body) {
        write_head(head, answer, framing);
        body = std::move(answer.body);
        if (!has_body || !may_have_body(answer.status)) {
            body.clear();
        }
        return {boost::asio::buffer(head), boost::asio::buffer(body)};
    }

    void close() {
        ErrorCode ignored;
        socket.close(ignored);
    }

    Socket socket;
    /// Empty when the peer had gone before it was asked for.
    const std::string peer_address;
    RequestReader reader;
    /// Never expires: cancelled when the answer is there.
    Timer answered;
    /// Hung up on after that.
    SteadyClock::time_point deadline = never;
    bool is_cut_off = false;
    /// Where it stands among those that wait for their clients; nullopt when it does not.
    std::optional<std::list<Connection*>::iterator> waiting_place;

private:
    /// The answer on its way.
    std::string head;
    std::string body;
};

}  // namespace twinfleet::http::detail

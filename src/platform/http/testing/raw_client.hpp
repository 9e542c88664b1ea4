#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace twinfleet::http::testing {

/// A connection that sends and receives plain bytes, so that a test can misbehave.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }
    void send(std::string_view text) const {
        while (!text.empty()) {
            const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// As a client does that has asked its last.
    void end_sending() const { shutdown(socket_, SHUT_WR); }
    /// All until the server hangs up; throws when it does not.
    std::string receive_all() {
        while (receive()) {
        }
        return std::exchange(received_, {});
    }
    /// One answer that tells its length.
    std::string receive_answer() {
        while (true) {
            const auto header_end = received_.find("\r\n\r\n");
            if (header_end != std::string::npos) {
                const std::string_view name = "Content-Length: ";
                const auto length = received_.find(name);
                // 100, 204 and 304 have no body, so no length.
                const auto size =
                    header_end + 4 + (length < header_end ? std::stoul(received_.substr(length + name.size())) : 0);
                if (received_.size() >= size) {
                    auto answer = received_.substr(0, size);
                    received_.erase(0, size);
                    return answer;
                }
            }
            if (!receive()) {
                return std::exchange(received_, {});
            }
        }
    }

    void receive_some() { receive(); }
    [[nodiscard]] bool has_received() const {
        char byte = 0;
        return recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
    }

private:
    bool receive() {
        std::array<char, 4096> chunk{};
        const auto size = recv(socket_, chunk.data(), chunk.size(), 0);
        if (size < 0 && errno == EAGAIN) {
            throw std::runtime_error("the server neither answers nor hangs up");
        }
        if (size > 0) {
            received_.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return size > 0;
    }

    int socket_;
    bool connected_ = false;
    std::string received_;
};

inline std::string get(std::string_view path, std::string_view method = "GET") {
    return std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

inline std::string ask(std::uint16_t port, const std::string& request) {
    RawClient client(port);
    client.send(request);
    return client.receive_answer();
}

}  // namespace twinfleet::http::testing

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace twinfleet::http::testing {

/// A peer that does as it is told, connection by connection, on plain sockets.
class RawServer {
public:
    using Script = std::function<void(int socket)>;

    explicit RawServer(std::vector<Script> scripts) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener_, 8) != 0 ||
            getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this, scripts = std::move(scripts)] {
            // A client may have gone while the server writes; OpenSSL does not ask for that signal not to be sent.
            sigset_t broken_pipe;
            sigemptyset(&broken_pipe);
            sigaddset(&broken_pipe, SIGPIPE);
            pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
            for (const auto& script : scripts) {
                const int socket = accept(listener_, nullptr, nullptr);
                if (socket < 0) {
                    return;
                }
                script(socket);
                ::close(socket);
            }
        });
    }
    ~RawServer() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Reads until the end of a header has come; what it read.
    static std::string receive(int socket) {
        std::string received;
        std::array<char, 4096> chunk{};
        while (received.find("\r\n\r\n") == std::string::npos) {
            const auto size = recv(socket, chunk.data(), chunk.size(), 0);
            if (size <= 0) {
                break;
            }
            received.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return received;
    }
    static void send(int socket, std::string_view text) {
        (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    }
    static void wait_for_end(int socket) {
        char byte = 0;
        while (recv(socket, &byte, 1, 0) > 0) {
        }
    }
    static Script answer_with(std::string text) {
        return [text = std::move(text)](int socket) {
            receive(socket);
            send(socket, text);
        };
    }

private:
    int listener_;
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

}  // namespace twinfleet::http::testing

#include "benchmarks/positions/busy_connections.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace twinfleet::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {
        if (descriptor_ < 0) {
            throw std::runtime_error("no descriptor is left");
        }
    }
    ~Descriptor() { ::close(descriptor_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

private:
    const int descriptor_;
};

class Connection {
public:
    explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int yes = 1;
        ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("the server does not listen");
        }
    }

    [[nodiscard]] int descriptor() const { return socket_.get(); }

    /// A request is far smaller than what the system keeps, so it never waits.
    void send(const std::string& request) {
        received_.clear();
        sent_at_ = Clock::now();
        if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            throw std::runtime_error("a request could not be sent");
        }
    }

    /// Whether the answer is whole.
    bool receive() {
        std::array<char, 4096> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
        const auto size = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
        if (size <= 0) {
            throw std::runtime_error("the server hung up");
        }
        received_.append(chunk.data(), static_cast<std::size_t>(size));
        const auto head_end = received_.find("\r\n\r\n");
        if (head_end == std::string::npos) {
            return false;
        }
        constexpr std::string_view name = "Content-Length: ";
        const auto length_at = received_.find(name);
        std::size_t length = 0;
        if (length_at < head_end) {
            std::from_chars(received_.data() + length_at + name.size(), received_.data() + head_end, length);
        }
        return received_.size() >= head_end + 4 + length;
    }
    [[nodiscard]] std::string_view answer() const { return received_; }
    [[nodiscard]] double waited_ms() const {
        return std::chrono::duration<double, std::milli>(Clock::now() - sent_at_).count();
    }

private:
    const Descriptor socket_;
    std::string received_;
    Clock::time_point sent_at_;
};

}  // namespace

LoadFigures keep_busy(std::uint16_t port, std::size_t connections, std::size_t count, const MakeRequest& make_request,
                      const IsGoodAnswer& is_good) {
    const Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    std::vector<std::unique_ptr<Connection>> all;
    for (std::size_t i = 0; i < std::min(connections, count); ++i) {
        all.push_back(std::make_unique<Connection>(port));
        epoll_event event{.events = EPOLLIN, .data = {.ptr = all.back().get()}};
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, all.back()->descriptor(), &event);
    }
    LoadFigures figures;
    figures.latencies_ms.reserve(count);
    const auto began_at = Clock::now();
    std::size_t sent = 0;
    for (const auto& connection : all) {
        connection->send(make_request(sent++));
    }
    std::array<epoll_event, 64> events{};
    while (figures.latencies_ms.size() < count) {
        constexpr int patience_ms = 30'000;
        const int ready = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), patience_ms);
        if (ready <= 0) {
            throw std::runtime_error("the server does not answer");
        }
        for (int i = 0; i < ready; ++i) {
            auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!connection.receive()) {
                continue;
            }
            figures.latencies_ms.push_back(connection.waited_ms());
            figures.failures += is_good(connection.answer()) ? 0 : 1;
            if (sent < count) {
                connection.send(make_request(sent++));
            }
        }
    }
    figures.seconds = std::chrono::duration<double>(Clock::now() - began_at).count();
    std::ranges::sort(figures.latencies_ms);
    return figures;
}

}  // namespace twinfleet::benchmarks

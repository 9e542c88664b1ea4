#include "platform/redis/socket.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

using platform::StoreUnavailable;
using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& reason) {
    throw StoreUnavailable(store_name, reason);
}

[[noreturn]] void give_up(int error) {
    give_up(std::generic_category().message(error));
}

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// OpenSSL's own socket writes with write(), which raises SIGPIPE when the peer has gone. This one sends without it.

int descriptor_of(BIO* bio) {
    return *static_cast<const int*>(BIO_get_data(bio));
}

int send_through(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(descriptor_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && would_block(errno)) {
        BIO_set_retry_write(bio);
    }
    return static_cast<int>(sent);
}

int receive_through(BIO* bio, char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto received = ::recv(descriptor_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (received < 0 && would_block(errno)) {
        BIO_set_retry_read(bio);
    }
    return static_cast<int>(received);
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct FreeMethod {
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

const BIO_METHOD* socket_method() {
    static const std::unique_ptr<BIO_METHOD, FreeMethod> method = [] {
        std::unique_ptr<BIO_METHOD, FreeMethod> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE"));
        if (made == nullptr || BIO_meth_set_write(made.get(), send_through) != 1 ||
            BIO_meth_set_read(made.get(), receive_through) != 1 || BIO_meth_set_ctrl(made.get(), control) != 1) {
            throw std::bad_alloc();
        }
        return made;
    }();
    return method.get();
}

/// Whether this address could be connected to; `error` says why not.
bool try_connect(int descriptor, const sockaddr* address, socklen_t size, Deadline deadline, int& error) {
    if (::connect(descriptor, address, size) == 0) {
        return true;
    }
    error = errno;
    if (error != EINPROGRESS) {
        return false;
    }
    if (!becomes_ready(descriptor, POLLOUT, deadline)) {
        error = ETIMEDOUT;
        return false;
    }
    socklen_t error_size = sizeof error;
    ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &error_size);
    return error == 0;
}

/// Less than 0 when there can be none of this family.
int make_socket(int family) {
    return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

struct FreeAddresses {
    void operator()(addrinfo* addresses) const noexcept { ::freeaddrinfo(addresses); }
};

std::unique_ptr<addrinfo, FreeAddresses> look_up(const Address& address) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
        error != 0) {
        give_up(std::string("the name of the host is not known: ") + ::gai_strerror(error));
    }
    return std::unique_ptr<addrinfo, FreeAddresses>(found);
}

}  // namespace

bool becomes_ready(int descriptor, short events, Deadline deadline) {
    pollfd state{.fd = descriptor, .events = events, .revents = 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
        const int ready = left <= 0 ? 0 : ::poll(&state, 1, static_cast<int>(left));
        if (ready >= 0) {
            return ready > 0;
        }
        if (errno != EINTR) {
            give_up(errno);
        }
    }
}

void wait_for(int descriptor, short events, Deadline deadline) {
    if (!becomes_ready(descriptor, events, deadline)) {
        give_up("no answer in time");
    }
}

Socket::Socket(const Address& address, const tls::Context* tls, Deadline deadline) : events_to_send_(POLLOUT) {
    try {
        connect(address, deadline);
        if (address.is_tls) {
            shake_hands(address, *tls, deadline);
        }
    } catch (...) {
        tls_.reset();
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
        throw;
    }
}

Socket::~Socket() {
    // A TLS connection that ends without a close_notify alert is no secret to anybody here: replies say how long they
    // are.
    tls_.reset();
    ::close(descriptor_);
}

void Socket::connect(const Address& address, Deadline deadline) {
    int error = 0;
    if (!address.socket_path.empty()) {
        sockaddr_un local{};
        local.sun_family = AF_UNIX;
        if (address.socket_path.size() >= sizeof local.sun_path) {
            give_up("the path of the socket file is too long");
        }
        std::memcpy(local.sun_path, address.socket_path.c_str(), address.socket_path.size() + 1);
        descriptor_ = make_socket(AF_UNIX);
        if (descriptor_ < 0) {
            give_up(errno);
        }
        if (!try_connect(descriptor_, reinterpret_cast<const sockaddr*>(&local), sizeof local, deadline, error)) {
            give_up(error);
        }
        return;
    }
    const auto addresses = look_up(address);
    int left = 0;
    for (const addrinfo* found = addresses.get(); found != nullptr; found = found->ai_next) {
        ++left;
    }
    for (const addrinfo* found = addresses.get(); found != nullptr; found = found->ai_next, --left) {
        descriptor_ = make_socket(found->ai_family);
        if (descriptor_ < 0) {
            error = errno;
            continue;
        }
        // An address that does not answer leaves time for the others of the host.
        const auto now = SteadyClock::now();
        if (try_connect(descriptor_, found->ai_addr, found->ai_addrlen, now + (deadline - now) / left, error)) {
            const int yes = 1;
            ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            return;
        }
        ::close(std::exchange(descriptor_, -1));
    }
    give_up(error);
}

void Socket::shake_hands(const Address& address, const tls::Context& tls, Deadline deadline) {
    tls_ = tls.connection_to(address.host);
    BIO* const bio = BIO_new(socket_method());
    if (bio == nullptr) {
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &descriptor_);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls_.get(), bio, bio);
    for (;;) {
        ERR_clear_error();
        const int result = SSL_connect(tls_.get());
        if (result == 1) {
            return;
        }
        wait_for(descriptor_, events_after(result), deadline);
    }
}

short Socket::events_after(int result) const {
    switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return POLLIN;
        case SSL_ERROR_WANT_WRITE:
            return POLLOUT;
        case SSL_ERROR_ZERO_RETURN:
            give_up("the connection broke off");
        default:
            give_up(tls::failure_of(*tls_));
    }
}

std::size_t Socket::send(std::string_view bytes) {
    if (tls_ != nullptr) {
        std::size_t sent = 0;
        ERR_clear_error();
        if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) == 1) {
            events_to_send_ = POLLOUT;
            return sent;
        }
        events_to_send_ = events_after(0);
        return 0;
    }
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && !would_block(errno)) {
        give_up(errno);
    }
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

std::size_t Socket::receive(std::span<char> bytes) {
    if (tls_ != nullptr) {
        std::size_t received = 0;
        ERR_clear_error();
        if (SSL_read_ex(tls_.get(), bytes.data(), bytes.size(), &received) != 1) {
            static_cast<void>(events_after(0));
        }
        return received;
    }
    const auto received = ::recv(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (received == 0) {
        give_up("the connection broke off");
    }
    if (received < 0 && !would_block(errno)) {
        give_up(errno);
    }
    return received < 0 ? 0 : static_cast<std::size_t>(received);
}

void Socket::interrupt() noexcept {
    ::shutdown(descriptor_, SHUT_RDWR);
}

bool Socket::is_quiet() noexcept {
    char byte = 0;
    if (tls_ == nullptr) {
        return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && would_block(errno);
    }
    // What the server says to keep the encryption going is read here, and is nothing of the protocol.
    std::size_t received = 0;
    ERR_clear_error();
    const bool is_data = SSL_peek_ex(tls_.get(), &byte, 1, &received) == 1;
    const bool is_waiting = !is_data && SSL_get_error(tls_.get(), 0) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return is_waiting;
}

}  // namespace twinfleet::redis

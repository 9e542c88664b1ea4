#include "platform/redis/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

using platform::StoreUnavailable;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t read_bytes = std::size_t{64} << 10;

struct FreeReply {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
struct FreeCommand {
    void operator()(char* command) const noexcept { redisFreeCommand(command); }
};

[[noreturn]] void fail(const std::string& reason) {
    throw StoreUnavailable(store_name, reason);
}

[[noreturn]] void fail_with(int error) {
    fail(std::generic_category().message(error));
}

timeval to_timeval(std::chrono::milliseconds duration) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    return {.tv_sec = static_cast<time_t>(microseconds / 1'000'000),
            .tv_usec = static_cast<suseconds_t>(microseconds % 1'000'000)};
}

/// What has become possible of `events`; 0 once the deadline has passed.
short wait_until(int socket, short events, Deadline deadline) {
    pollfd state{.fd = socket, .events = events, .revents = 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
        const int ready = left <= 0 ? 0 : ::poll(&state, 1, static_cast<int>(left));
        if (ready > 0) {
            return state.revents;
        }
        if (ready == 0) {
            return 0;
        }
        if (errno != EINTR) {
            fail_with(errno);
        }
    }
}

/// The same; throws once the deadline has passed.
short wait(int socket, short events, Deadline deadline) {
    const short possible = wait_until(socket, events, deadline);
    if (possible == 0) {
        fail("no answer in time");
    }
    return possible;
}

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/// Replies nest no deeper than hiredis allows, which is 7 levels. An error within an array makes an error of it all.
Answer to_answer(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            return Reply(std::string(reply.str, reply.len));
        case REDIS_REPLY_INTEGER:
            return Reply(std::int64_t{reply.integer});
        case REDIS_REPLY_NIL:
            return Reply();
        case REDIS_REPLY_ERROR:
            return ErrorReply{std::string(reply.str, reply.len)};
        case REDIS_REPLY_ARRAY: {
            std::vector<Reply> items;
            items.reserve(reply.elements);
            for (std::size_t i = 0; i < reply.elements; ++i) {
                auto item = to_answer(*reply.element[i]);
                if (std::holds_alternative<ErrorReply>(item)) {
                    return item;
                }
                items.push_back(std::get<Reply>(std::move(item)));
            }
            return Reply(std::move(items));
        }
        default:
            fail("the server speaks another protocol");
    }
}

}  // namespace

void append_to_wire(std::string& wire, const std::vector<std::string>& parts) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    texts.reserve(parts.size());
    sizes.reserve(parts.size());
    for (const auto& part : parts) {
        texts.push_back(part.data());
        sizes.push_back(part.size());
    }
    char* formatted = nullptr;
    const int size = redisFormatCommandArgv(&formatted, static_cast<int>(parts.size()), texts.data(), sizes.data());
    const std::unique_ptr<char, FreeCommand> command(formatted);
    if (size < 0) {
        throw std::bad_alloc();
    }
    wire.append(command.get(), static_cast<std::size_t>(size));
}

void Connection::Free::operator()(redisContext* context) const noexcept {
    redisFree(context);
}

Connection::Connection(const Address& address, std::chrono::milliseconds timeout) {
    const auto deadline = SteadyClock::now() + timeout;
    const auto limit = to_timeval(timeout);
    context_.reset(address.socket_path.empty() ? redisConnectWithTimeout(address.host.c_str(), address.port, limit)
                                               : redisConnectUnixWithTimeout(address.socket_path.c_str(), limit));
    if (context_ == nullptr) {
        throw std::bad_alloc();
    }
    if (context_->err != 0) {
        fail(context_->errstr);
    }
    ::fcntl(context_->fd, F_SETFD, FD_CLOEXEC);
    introduce(address, deadline);
}

Connection::~Connection() = default;

void Connection::introduce(const Address& address, Deadline deadline) {
    std::string wire;
    std::vector<const char*> names;
    if (address.password) {
        std::vector<std::string> authenticate{"AUTH"};
        if (!address.user.empty()) {
            authenticate.push_back(address.user);
        }
        authenticate.push_back(*address.password);
        append_to_wire(wire, authenticate);
        names.push_back("AUTH");
    }
    if (address.database != 0) {
        append_to_wire(wire, {"SELECT", std::to_string(address.database)});
        names.push_back("SELECT");
    }
    const auto answers = exchange(wire, names.size(), deadline);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (const auto* error = std::get_if<ErrorReply>(&answers[i])) {
            throw_store_error(names[i], error->text);
        }
    }
}

bool Connection::is_fit() const {
    char byte = 0;
    return ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && would_block(errno);
}

std::vector<Answer> Connection::exchange(std::string_view wire, std::size_t answers_expected, Deadline deadline) {
    std::vector<Answer> answers;
    answers.reserve(answers_expected);
    bool may_be_more = false;
    // Answers are read while commands are still being sent: of a long pipeline neither side has to keep all.
    while (!wire.empty() || answers.size() < answers_expected) {
        if (!wire.empty()) {
            const auto sent = ::send(context_->fd, wire.data(), wire.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent >= 0) {
                wire.remove_prefix(static_cast<std::size_t>(sent));
            } else if (!would_block(errno)) {
                fail_with(errno);
            }
        }
        const short events = wire.empty() ? POLLIN : POLLIN | POLLOUT;
        if (!may_be_more && (wait(context_->fd, events, deadline) & (POLLIN | POLLHUP | POLLERR)) == 0) {
            continue;
        }
        may_be_more = read_some() && SteadyClock::now() < deadline;
        take_answers(answers, answers_expected);
    }
    return answers;
}

std::optional<Answer> Connection::receive(Deadline deadline) {
    std::vector<Answer> answers;
    for (;;) {
        // The last read may have brought more than one.
        take_answers(answers, 1);
        if (!answers.empty()) {
            return std::move(answers.front());
        }
        if (wait_until(context_->fd, POLLIN, deadline) == 0) {
            return std::nullopt;
        }
        read_some();
    }
}

void Connection::interrupt() noexcept {
    ::shutdown(context_->fd, SHUT_RDWR);
}

bool Connection::read_some() {
    std::array<char, read_bytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
    const auto received = ::recv(context_->fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received == 0) {
        fail("the connection broke off");
    }
    if (received < 0) {
        if (!would_block(errno)) {
            fail_with(errno);
        }
        return false;
    }
    if (redisReaderFeed(context_->reader, buffer.data(), static_cast<std::size_t>(received)) != REDIS_OK) {
        throw std::bad_alloc();
    }
    return received == static_cast<ssize_t>(buffer.size());
}

void Connection::take_answers(std::vector<Answer>& answers, std::size_t answers_expected) {
    while (answers.size() < answers_expected) {
        void* found = nullptr;
        if (redisReaderGetReply(context_->reader, &found) != REDIS_OK) {
            fail("the server speaks another protocol");
        }
        const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(found));
        if (reply == nullptr) {
            return;
        }
        answers.push_back(to_answer(*reply));
    }
}

}  // namespace twinfleet::redis

#include "platform/redis/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <new>
#include <system_error>
#include <utility>

#include <hiredis/hiredis.h>
#include <poll.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

constexpr std::size_t read_bytes = std::size_t{64} << 10;

struct FreeReply {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

void append_length(std::string& wire, char kind, std::size_t length) {
    std::array<char, 24> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), length);
    wire.push_back(kind);
    wire.append(digits.data(), written.ptr).append("\r\n");
}

[[noreturn]] void fail(const std::string& reason) {
    throw platform::StoreUnavailable(store_name, reason);
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
    // Not redisFormatCommandArgv(), which wants the parts in arrays of its own and allocates each command anew.
    append_length(wire, '*', parts.size());
    for (const auto& part : parts) {
        append_length(wire, '$', part.size());
        wire.append(part).append("\r\n");
    }
}

void Connection::FreeReader::operator()(redisReader* reader) const noexcept {
    redisReaderFree(reader);
}

Connection::Connection(const Address& address, const tls::Context* tls, Deadline deadline)
    : socket_(address, tls, deadline), reader_(redisReaderCreate()) {
    if (reader_ == nullptr) {
        throw std::bad_alloc();
    }
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

std::vector<Answer> Connection::exchange(std::string_view wire, std::size_t answers_expected, Deadline deadline) {
    Exchange exchange{.connection = this, .wire = wire, .answers_expected = answers_expected};
    run({&exchange, 1}, deadline);
    if (exchange.failure) {
        std::rethrow_exception(exchange.failure);
    }
    return std::move(exchange.answers);
}

std::optional<Answer> Connection::receive(Deadline deadline) {
    std::vector<Answer> answers;
    for (;;) {
        // The last read may have brought more than one.
        take_answers(answers, 1);
        if (!answers.empty()) {
            return std::move(answers.front());
        }
        // What is deciphered already is not seen by waiting for the socket.
        if (!read_some() && !becomes_ready(socket_.descriptor(), POLLIN, deadline)) {
            return std::nullopt;
        }
    }
}

bool Connection::read_some() {
    std::array<char, read_bytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
    const std::size_t received = socket_.receive(buffer);
    if (received > 0 && redisReaderFeed(reader_.get(), buffer.data(), received) != REDIS_OK) {
        throw std::bad_alloc();
    }
    return received > 0;
}

void Connection::take_answers(std::vector<Answer>& answers, std::size_t answers_expected) {
    while (answers.size() < answers_expected) {
        void* found = nullptr;
        if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
            fail("the server speaks another protocol");
        }
        const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(found));
        if (reply == nullptr) {
            return;
        }
        answers.push_back(to_answer(*reply));
    }
}

/// An exchange between two waits.
class ExchangeUnderWay {
public:
    explicit ExchangeUnderWay(Exchange& exchange) : exchange_(exchange), unsent_(exchange.wire) {
        exchange_.answers.reserve(exchange_.answers_expected);
    }

    [[nodiscard]] bool is_done() const {
        return exchange_.failure || (unsent_.empty() && exchange_.answers.size() == exchange_.answers_expected);
    }
    /// More may have been received than was read, which poll() does not tell.
    [[nodiscard]] bool may_be_more() const { return may_be_more_; }
    [[nodiscard]] pollfd awaited() const {
        const Socket& socket = exchange_.connection->socket_;
        return {.fd = socket.descriptor(),
                .events = static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | socket.events_to_send()),
                .revents = 0};
    }
    /// Sends what can be sent without waiting.
    void send() {
        try {
            if (!unsent_.empty()) {
                unsent_.remove_prefix(exchange_.connection->socket_.send(unsent_));
            }
        } catch (const platform::StoreUnavailable&) {
            exchange_.failure = std::current_exception();
        }
    }
    /// Reads what can be read without waiting.
    void receive() {
        try {
            may_be_more_ = exchange_.connection->read_some();
            if (!may_be_more_) {
                return;
            }
            exchange_.connection->take_answers(exchange_.answers, exchange_.answers_expected);
        } catch (const platform::StoreUnavailable&) {
            exchange_.failure = std::current_exception();
        }
    }
    void fail(const std::string& reason) {
        exchange_.failure = std::make_exception_ptr(platform::StoreUnavailable(store_name, reason));
    }

private:
    Exchange& exchange_;
    std::string_view unsent_;
    bool may_be_more_ = false;
};

void run(std::span<Exchange> exchanges, Deadline deadline) {
    std::vector<ExchangeUnderWay> under_way;
    under_way.reserve(exchanges.size());
    for (Exchange& exchange : exchanges) {
        under_way.emplace_back(exchange);
    }
    std::vector<pollfd> awaited;
    std::vector<ExchangeUnderWay*> waiting;
    for (auto& one : under_way) {
        one.send();
    }
    for (;;) {
        awaited.clear();
        waiting.clear();
        bool may_be_more = false;
        for (auto& one : under_way) {
            if (!one.is_done()) {
                awaited.push_back(one.awaited());
                waiting.push_back(&one);
                may_be_more = may_be_more || one.may_be_more();
            }
        }
        if (waiting.empty()) {
            return;
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        const int timeout_ms = may_be_more ? 0 : static_cast<int>(left);
        const int ready = left <= 0 ? -1 : ::poll(awaited.data(), awaited.size(), timeout_ms);
        if (left <= 0 || (ready == 0 && !may_be_more)) {
            for (auto* one : waiting) {
                one->fail("no answer in time");
            }
            return;
        }
        if (ready < 0) {
            if (errno == EINTR) {
                continue;
            }
            const auto reason = std::generic_category().message(errno);
            for (auto* one : waiting) {
                one->fail(reason);
            }
            return;
        }
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (awaited[i].revents != 0 || waiting[i]->may_be_more()) {
                // Answers are read while commands are still being sent: of a long pipeline neither side has to keep
                // all.
                waiting[i]->send();
                if (!waiting[i]->is_done()) {
                    waiting[i]->receive();
                }
            }
        }
    }
}

}  // namespace twinfleet::redis

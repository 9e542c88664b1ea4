#include "tests/support/mongo_proxy.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/system_error.hpp"

namespace twinfleet::testing {
namespace {

using bson::Builder;
using bson::Document;
using bson::View;

constexpr std::int32_t op_reply = 1;
constexpr std::int32_t op_query = 2004;
constexpr std::int32_t op_msg = 2013;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

class Socket {
public:
    Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (descriptor_ < 0) {
            throw_system_error("socket");
        }
    }
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    ~Socket() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    /// False at the end of the connection.
    [[nodiscard]] bool read(void* to, std::size_t bytes) const {
        auto* next = static_cast<std::uint8_t*>(to);
        while (bytes > 0) {
            const ssize_t got = ::recv(descriptor_, next, bytes, 0);
            if (got <= 0) {
                return false;
            }
            next += got;
            bytes -= static_cast<std::size_t>(got);
        }
        return true;
    }
    [[nodiscard]] bool write(const std::vector<std::uint8_t>& message) const {
        for (std::size_t sent = 0; sent < message.size();) {
            const ssize_t now = ::send(descriptor_, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
            if (now <= 0) {
                return false;
            }
            sent += static_cast<std::size_t>(now);
        }
        return true;
    }

private:
    int descriptor_;
};

/// One message of the wire protocol: header and all.
struct Message {
    std::vector<std::uint8_t> bytes;

    [[nodiscard]] std::int32_t number_at(std::size_t place) const {
        std::int32_t number = 0;
        std::memcpy(&number, bytes.data() + place, sizeof number);
        return number;
    }
    [[nodiscard]] std::int32_t request_id() const { return number_at(4); }
    [[nodiscard]] std::int32_t operation() const { return number_at(12); }

    /// Of a command, or of the answer to one.
    [[nodiscard]] Document body() const {
        constexpr std::size_t header = 16;
        if (operation() == op_query) {
            // Flags, the name of the collection, how many to skip and to return.
            const auto name = bytes.begin() + header + 4;
            return document_at(static_cast<std::size_t>(std::find(name, bytes.end(), 0) - bytes.begin()) + 1 + 8);
        }
        if (operation() == op_reply) {
            return document_at(header + 20);
        }
        for (std::size_t section = header + 4; section + 4 < bytes.size();) {
            const bool is_body = bytes[section] == 0;
            if (is_body) {
                return document_at(section + 1);
            }
            section += 1 + static_cast<std::size_t>(number_at(section + 1));
        }
        return {};
    }

private:
    [[nodiscard]] Document document_at(std::size_t place) const {
        const auto length = static_cast<std::size_t>(number_at(place));
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(place);
        return Document(std::vector<std::uint8_t>(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
};

std::optional<Message> read_message(const Socket& from) {
    Message message;
    message.bytes.resize(16);
    if (!from.read(message.bytes.data(), 16)) {
        return std::nullopt;
    }
    const auto length = static_cast<std::size_t>(message.number_at(0));
    message.bytes.resize(length);
    return from.read(message.bytes.data() + 16, length - 16) ? std::optional(std::move(message)) : std::nullopt;
}

std::vector<std::uint8_t> answer_to(const Message& command, View body) {
    std::vector<std::uint8_t> message;
    const auto add = [&](const auto& value) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
        message.insert(message.end(), first, first + sizeof value);
    };
    const bool is_old = command.operation() == op_query;
    const std::size_t length = 16 + (is_old ? 20 : 5) + body.size_bytes();
    for (const std::int32_t number : {static_cast<std::int32_t>(length), std::int32_t{0}, command.request_id(),
                                      is_old ? op_reply : op_msg, std::int32_t{0}}) {
        add(number);
    }
    if (is_old) {
        add(std::int64_t{0});
        add(std::int32_t{0});
        add(std::int32_t{1});
    } else {
        add(std::uint8_t{0});
    }
    message.insert(message.end(), body.bytes().begin(), body.bytes().end());
    return message;
}

Document with_fields(View document, View fields) {
    Builder builder;
    for (const auto& element : document) {
        if (!fields.find(element.key)) {
            builder.copy(element);
        }
    }
    for (const auto& element : fields) {
        builder.copy(element);
    }
    return builder.take();
}

std::string name_of(View command) {
    if (command.empty()) {
        return {};
    }
    std::string name((*command.begin()).key);
    return name == "isMaster" || name == "ismaster" ? "hello" : name;
}

Document usual_answer(std::string_view name) {
    Builder answer;
    if (name == "hello") {
        answer.boolean("ismaster", true)
            .int32("maxBsonObjectSize", 16 << 20)
            .int32("maxMessageSizeBytes", 48'000'000)
            .int32("maxWriteBatchSize", 100'000)
            .int32("minWireVersion", 0)
            .int32("maxWireVersion", 7);
    }
    return answer.real("ok", 1).take();
}

std::string address(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

void append_set(Builder& hello, std::uint16_t self, std::uint16_t primary, std::optional<std::uint16_t> another) {
    hello.string("setName", "rs0").int32("setVersion", 1).begin_array("hosts").string("0", address(self));
    if (another) {
        hello.string("1", address(*another));
    }
    hello.end().string("primary", address(primary)).string("me", address(self));
    hello.boolean("ismaster", self == primary)
        .boolean("isWritablePrimary", self == primary)
        .boolean("secondary", self != primary);
}

}  // namespace

class MongoProxy::Implementation {
public:
    explicit Implementation(std::optional<std::uint16_t> server_port) : server_port_(server_port) {
        auto own = loopback(0);
        socklen_t size = sizeof own;
        auto* generic = reinterpret_cast<sockaddr*>(&own);
        if (::bind(listener_.descriptor(), generic, size) != 0 || ::listen(listener_.descriptor(), 64) != 0 ||
            ::getsockname(listener_.descriptor(), generic, &size) != 0) {
            throw_system_error("listen");
        }
        port_ = ntohs(own.sin_port);
        doorkeeper_ = std::jthread([this](const std::stop_token& stop) { let_in(stop); });
    }
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;
    ~Implementation() {
        doorkeeper_.request_stop();
        ::shutdown(listener_.descriptor(), SHUT_RDWR);
        doorkeeper_.join();
        stop_.request_stop();
        {
            const std::lock_guard lock(mutex_);
            for (const int descriptor : open_) {
                ::shutdown(descriptor, SHUT_RDWR);
            }
        }
        connections_.clear();
    }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    void follow(Script script) {
        const std::lock_guard lock(mutex_);
        script_ = std::move(script);
    }
    [[nodiscard]] std::vector<Document> commands(std::string_view name) const {
        const std::lock_guard lock(mutex_);
        std::vector<Document> found;
        for (const auto& [each, body] : commands_) {
            if (each == name) {
                found.push_back(body);
            }
        }
        return found;
    }

private:
    /// Keeps a connection among those that the end of the proxy breaks.
    class Registered {
    public:
        Registered(Implementation& proxy, Socket connection) : socket(std::move(connection)), proxy_(proxy) {
            const std::lock_guard lock(proxy_.mutex_);
            proxy_.open_.insert(socket.descriptor());
        }
        Registered(const Registered&) = delete;
        Registered& operator=(const Registered&) = delete;
        ~Registered() {
            const std::lock_guard lock(proxy_.mutex_);
            proxy_.open_.erase(socket.descriptor());
        }
        const Socket socket;

    private:
        Implementation& proxy_;
    };

    void let_in(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            const int descriptor = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
            if (descriptor >= 0) {
                auto client = std::make_shared<Registered>(*this, Socket(descriptor));
                connections_.emplace_back([this, client] { serve(client->socket); });
            }
        }
    }

    void serve(const Socket& client) {
        Registered server(*this, Socket());
        if (server_port_) {
            const auto address = loopback(*server_port_);
            const int at_once = 1;
            ::setsockopt(server.socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
            if (::connect(server.socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
                0) {
                return;
            }
        }
        while (!stop_.stop_requested()) {
            const auto command = read_message(client);
            if (!command || !pass_on(*command, client, server.socket)) {
                break;
            }
        }
        ::shutdown(client.descriptor(), SHUT_RDWR);
    }

    /// False: the connection is to end.
    [[nodiscard]] bool pass_on(const Message& command, const Socket& client, const Socket& server) {
        const Document body = command.body();
        const std::string name = name_of(body);
        const Verdict verdict = judge(name, body);
        if (verdict.is_cut_off) {
            return false;
        }
        Document answer;
        if (verdict.answer) {
            answer = *verdict.answer;
        } else if (server_port_) {
            const auto message = server.write(command.bytes) ? read_message(server) : std::nullopt;
            if (!message) {
                return false;
            }
            answer = message->body();
        } else {
            answer = usual_answer(name);
        }
        if (verdict.is_never_answered) {
            std::unique_lock lock(mutex_);
            ended_.wait(lock, stop_.get_token(), [] { return false; });
            return false;
        }
        return client.write(answer_to(command, with_fields(answer, verdict.with)));
    }

    [[nodiscard]] Verdict judge(const std::string& name, View body) {
        const std::lock_guard turn(turn_);
        Script script;
        {
            const std::lock_guard lock(mutex_);
            commands_.emplace_back(name, Document(body));
            script = script_;
        }
        return script ? script({name, body}) : Verdict();
    }

    const std::optional<std::uint16_t> server_port_;
    const Socket listener_;
    std::uint16_t port_ = 0;
    std::stop_source stop_;
    std::condition_variable_any ended_;
    /// Held while the script is asked.
    std::mutex turn_;
    mutable std::mutex mutex_;
    // Guarded by mutex_.
    Script script_;
    std::vector<std::pair<std::string, Document>> commands_;
    std::set<int> open_;
    /// Of the doorkeeper, and of the destructor once he is gone.
    std::list<std::jthread> connections_;
    std::jthread doorkeeper_;
};

MongoProxy::MongoProxy(std::optional<std::uint16_t> server_port)
    : implementation_(std::make_unique<Implementation>(server_port)) {}

MongoProxy::~MongoProxy() = default;

std::uint16_t MongoProxy::port() const noexcept {
    return implementation_->port();
}

std::string MongoProxy::uri(std::string_view options) const {
    return "mongodb://" + address(port()) + "/?" + std::string(options);
}

void MongoProxy::follow(Script script) {
    implementation_->follow(std::move(script));
}

std::vector<Document> MongoProxy::commands(std::string_view name) const {
    return implementation_->commands(name);
}

Document MongoProxy::last_command(std::string_view name) const {
    const auto all = commands(name);
    return all.at(all.size() - 1);
}

Document MongoProxy::primary_of_a_set(std::optional<std::uint16_t> another) const {
    Builder hello;
    append_set(hello, port(), port(), another);
    return hello.take();
}

Document MongoProxy::secondary_of_a_set(std::uint16_t primary_port) const {
    Builder hello;
    append_set(hello, port(), primary_port, primary_port);
    return hello.take();
}

Document MongoProxy::router() {
    return Builder().string("msg", "isdbgrid").take();
}

Document write_concern_error() {
    constexpr std::int32_t write_concern_failed = 64;
    return Builder()
        .begin_document("writeConcernError")
        .int32("code", write_concern_failed)
        .string("codeName", "WriteConcernFailed")
        .string("errmsg", "waiting for replication timed out")
        .end()
        .take();
}

}  // namespace twinfleet::testing

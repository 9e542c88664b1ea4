#include "benchmarks/api/plain_server.hpp"

#include <csignal>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace twinfleet::benchmarks {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;

struct Answers {
    const std::string& get;
    const std::string& other;
};

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, const Answers& answers) : socket_(std::move(socket)), answers_(answers) {}

    void read() {
        request_ = {};
        beast_http::async_read(socket_, buffer_, request_,
                               [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                                   if (!error) {
                                       self->answer();
                                   }
                               });
    }

private:
    void answer() {
        response_ = {};
        response_.version(request_.version());
        response_.keep_alive(request_.keep_alive());
        response_.set(beast_http::field::content_type, "application/json");
        const std::string& body = request_.method() == beast_http::verb::get ? answers_.get : answers_.other;
        response_.body() = {body.data(), body.size()};
        response_.prepare_payload();
        beast_http::async_write(socket_, response_,
                                [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                                    if (!error && self->response_.keep_alive()) {
                                        self->read();
                                    }
                                });
    }

    tcp::socket socket_;
    const Answers& answers_;
    boost::beast::flat_buffer buffer_;
    beast_http::request<beast_http::string_body> request_;
    beast_http::response<beast_http::span_body<const char>> response_;
};

void accept(tcp::acceptor& acceptor, const Answers& answers) {
    acceptor.async_accept([&](const boost::system::error_code& error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket), answers)->read();
            accept(acceptor, answers);
        }
    });
}

}  // namespace

void serve_plainly(std::uint16_t port, const std::string& get_answer, const std::string& other_answer) {
    asio::io_context context(1);
    asio::signal_set signals(context, SIGTERM, SIGINT);
    signals.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
    const Answers answers{get_answer, other_answer};
    tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), port});
    accept(acceptor, answers);
    context.run();
}

}  // namespace twinfleet::benchmarks

#include "tests/support/http_client.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace twinfleet::testing {

std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string& target) {
    return http_request(port, "GET", target);
}

std::optional<HttpAnswer> http_request(std::uint16_t port, const std::string& method, const std::string& target,
                                       const std::map<std::string, std::string>& headers, const std::string& body) {
    namespace asio = boost::asio;
    namespace http = boost::beast::http;

    asio::io_context context;
    boost::beast::tcp_stream stream(context);
    // Only asynchronous operations heed the timeout.
    stream.expires_after(std::chrono::seconds(15));
    http::request<http::string_body> request;
    request.version(11);
    request.method_string(method);
    request.target(target);
    request.set(http::field::host, "127.0.0.1");
    request.set(http::field::connection, "close");
    for (const auto& [name, value] : headers) {
        request.set(name, value);
    }
    request.body() = body;
    if (!body.empty() || method == "POST") {
        request.prepare_payload();
    }
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    bool answered = false;

    const auto on_read = [&](boost::system::error_code error, std::size_t) { answered = !error; };
    const auto on_write = [&](boost::system::error_code error, std::size_t) {
        if (!error) {
            http::async_read(stream, buffer, response, on_read);
        }
    };
    stream.async_connect({asio::ip::address_v4::loopback(), port}, [&](boost::system::error_code error) {
        if (!error) {
            http::async_write(stream, request, on_write);
        }
    });
    context.run();
    if (!answered) {
        return std::nullopt;
    }
    HttpAnswer answer{.status = static_cast<int>(response.result_int()), .body = response.body()};
    for (const auto& field : response) {
        std::string name = field.name_string();
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        answer.headers[name] = std::string(field.value());
    }
    return answer;
}

}  // namespace twinfleet::testing

#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/beast/http/basic_parser.hpp>

#include "platform/http/message.hpp"

namespace twinfleet::http::detail {

/// Reads a request from the wire right into a Request. For the translation unit of the server only.
class RequestParser final : public boost::beast::http::basic_parser<true> {
public:
    RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max) : header_bytes_left_(header_bytes_max) {
        header_limit(static_cast<std::uint32_t>(header_bytes_max));
        body_limit(body_bytes_max);
    }

    Request request;
    bool is_http_1_0 = false;
    enum class Expectation : std::uint8_t { none, go_ahead, unknown } expectation = Expectation::none;
    /// Any but `chunked` alone. Such a body has no length that can be relied on (RFC 9112, section 6.3).
    bool has_unknown_coding = false;
    /// The target is neither a path nor a URL (RFC 9112, section 3.2), nor `*` of an OPTIONS.
    bool has_unknown_target = false;

private:
    using Text = boost::beast::string_view;
    using ErrorCode = boost::beast::error_code;
    using Length = boost::optional<std::uint64_t>;

    void on_request_impl(boost::beast::http::verb verb, Text method, Text target, int version,
                         ErrorCode& error) override;
    void on_response_impl(int, Text, int, ErrorCode&) override {}
    void on_field_impl(boost::beast::http::field field, Text name, Text value, ErrorCode& error) override;
    void on_header_impl(ErrorCode&) override { in_header_ = false; }
    void on_body_init_impl(const Length& length, ErrorCode&) override;
    std::size_t on_body_impl(Text bytes, ErrorCode&) override;
    void on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, ErrorCode& error) override {
        return on_body_impl(bytes, error);
    }
    void on_finish_impl(ErrorCode&) override {}

    /// Beast bounds each field, not their sum.
    void count_header_bytes(std::size_t bytes, ErrorCode& error);

    std::size_t header_bytes_left_;
    bool in_header_ = true;
};

}  // namespace twinfleet::http::detail

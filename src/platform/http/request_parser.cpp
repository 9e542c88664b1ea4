#include "platform/http/request_parser.hpp"

#include <algorithm>
#include <string_view>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace twinfleet::http::detail {

namespace {

namespace wire = boost::beast::http;
using boost::beast::iequals;

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// The part of a URL from the path on; nullopt for what is no URL of this server.
std::optional<std::string_view> path_of_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.size() > scheme.size() && iequals(url.substr(0, scheme.size()), scheme)) {
            const auto path = url.find_first_of("/?", scheme.size());
            return path == std::string_view::npos ? std::string_view() : url.substr(path);
        }
    }
    return std::nullopt;
}

}  // namespace

void RequestParser::on_request_impl(wire::verb verb, Text method, Text target_text, int version, ErrorCode& error) {
    is_http_1_0 = version == 10;
    request.method = view(method);
    std::string_view target = view(target_text);
    if (!target.starts_with('/') && !(target == "*" && verb == wire::verb::options)) {
        const auto path = path_of_url(target);
        has_unknown_target = !path.has_value();
        target = path.value_or(target);
    }
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    if (request.path.empty()) {
        request.path = "/";
    }
    if (question != std::string_view::npos) {
        request.query = target.substr(question + 1);
    }
    constexpr std::size_t usual_field_count = 8;
    request.headers.reserve(usual_field_count);
    count_header_bytes(method.size() + target_text.size(), error);
}

void RequestParser::on_field_impl(wire::field field, Text name, Text value, ErrorCode& error) {
    count_header_bytes(name.size() + value.size(), error);
    // Fields behind a chunked body are none of the header's: they could pass for what was checked there.
    if (!in_header_) {
        return;
    }
    if (field == wire::field::transfer_encoding) {
        has_unknown_coding = has_unknown_coding || is_http_1_0 || !iequals(value, "chunked");
    } else if (field == wire::field::expect && !is_http_1_0) {
        expectation = iequals(value, "100-continue") ? Expectation::go_ahead : Expectation::unknown;
    }
    request.headers.emplace_back(view(name), view(value));
}

void RequestParser::on_body_init_impl(const Length& length, ErrorCode& /*error*/) {
    // What a client announces costs no memory before it comes.
    constexpr std::uint64_t trusted_bytes_max = std::uint64_t{64} << 10;
    request.body.reserve(static_cast<std::size_t>(std::min(length.value_or(0), trusted_bytes_max)));
}

std::size_t RequestParser::on_body_impl(Text bytes, ErrorCode& /*error*/) {
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
}

void RequestParser::count_header_bytes(std::size_t bytes, ErrorCode& error) {
    // The colon and the end of the line.
    bytes += 4;
    if (bytes > header_bytes_left_) {
        error = wire::error::header_limit;
        return;
    }
    header_bytes_left_ -= bytes;
}

}  // namespace twinfleet::http::detail

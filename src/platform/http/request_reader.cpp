// The translation unit that sees the parser of Boost.Beast.
#include "platform/http/request_reader.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "platform/http/host_field.hpp"

namespace twinfleet::http::detail {

namespace {

namespace wire = boost::beast::http;
using boost::beast::iequals;
using ErrorCode = boost::beast::error_code;

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// The part of a URL from the path on; nullopt for what is no URL of this server.
std::optional<std::string_view> path_of_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.size() > scheme.size() && iequals(url.substr(0, scheme.size()), scheme)) {
            const auto path = std::min(url.find_first_of("/?", scheme.size()), url.size());
            return is_host(url.substr(scheme.size(), path - scheme.size())) ? std::optional(url.substr(path))
                                                                            : std::nullopt;
        }
    }
    return std::nullopt;
}

/// Whether a head is written in a way that Beast reads and others may read differently: with a line that goes on in the
/// next one, or a blank before a colon (RFC 9112, sections 5.1 and 5.2).
bool is_ambiguous(std::string_view head) {
    constexpr std::string_view line_end = "\r\n";
    // The request line has no colon that matters.
    for (auto end = head.find(line_end); end != std::string_view::npos;) {
        const auto begin = end + line_end.size();
        end = head.find(line_end, begin);
        const auto line = head.substr(begin, end == std::string_view::npos ? end : end - begin);
        if (line.empty()) {
            continue;
        }
        const auto blank = line.find_first_of(" \t");
        if (blank == 0 || blank < line.find(':')) {
            return true;
        }
    }
    return false;
}

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Beast reads the bytes; this puts what it finds right into a Request.
class RequestParser final : public wire::basic_parser<true> {
public:
    RequestParser(const RequestReader::Limits& limits, BodyShare& share)
        : body_bytes_max(limits.body_bytes_max), share_(share), header_bytes_left_(limits.header_bytes_max) {
        header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
        body_limit(limits.body_bytes_max);
    }

    Request request;
    /// No more than Beast's own limit, which is the first that a length that is announced meets.
    std::size_t body_bytes_max;
    bool is_body_dropped = false;
    bool is_over_budget = false;
    bool is_http_1_0 = false;
    enum class Expectation : std::uint8_t { none, go_ahead, unknown } expectation = Expectation::none;
    /// Any but `chunked` alone. Such a body has no length that can be relied on (RFC 9112, section 6.3).
    bool has_unknown_coding = false;
    std::size_t host_count = 0;
    bool has_bad_host = false;
    std::size_t coding_count = 0;
    std::size_t length_count = 0;
    bool has_bad_length = false;
    /// The target is neither a path nor a URL (RFC 9112, section 3.2), nor `*` of an OPTIONS.
    bool has_unknown_target = false;

private:
    using Text = boost::beast::string_view;
    using Length = boost::optional<std::uint64_t>;

    void on_request_impl(wire::verb verb, Text method, Text target, int version, ErrorCode& error) override;
    void on_response_impl(int, Text, int, ErrorCode&) override {}
    void on_field_impl(wire::field field, Text name, Text value, ErrorCode& error) override;
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

    BodyShare& share_;
    std::size_t header_bytes_left_;
    std::size_t body_bytes_ = 0;
    /// nullopt: the body comes in chunks.
    std::optional<std::size_t> announced_bytes_;
    bool in_header_ = true;
};

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
    if (field == wire::field::host) {
        ++host_count;
        has_bad_host = has_bad_host || !is_host(view(value));
    } else if (field == wire::field::content_length) {
        ++length_count;
        has_bad_length = has_bad_length || !is_number(view(value));
    } else if (field == wire::field::transfer_encoding) {
        ++coding_count;
        has_unknown_coding = has_unknown_coding || is_http_1_0 || !iequals(value, "chunked");
    } else if (field == wire::field::expect && !is_http_1_0) {
        expectation = iequals(value, "100-continue") ? Expectation::go_ahead : Expectation::unknown;
    }
    request.headers.emplace_back(view(name), view(value));
}

void RequestParser::on_body_init_impl(const Length& length, ErrorCode& /*error*/) {
    if (length) {
        announced_bytes_ = static_cast<std::size_t>(*length);
    }
}

std::size_t RequestParser::on_body_impl(Text bytes, ErrorCode& error) {
    if (bytes.size() > body_bytes_max - body_bytes_) {
        error = wire::error::body_limit;
        return 0;
    }
    body_bytes_ += bytes.size();
    if (is_body_dropped) {
        return bytes.size();
    }
    std::size_t capacity = request.body.capacity();
    if (body_bytes_ > capacity) {
        // What a client announces costs no more memory than twice what has come of it.
        const std::size_t announced = announced_bytes_.value_or(BodyBudget::usual_free_bytes);
        const std::size_t doubled = std::max(2 * capacity, BodyBudget::usual_free_bytes);
        capacity = std::max(body_bytes_, std::min(announced, doubled));
    }
    if (!share_.grow_to(capacity)) {
        is_over_budget = true;
        error = wire::error::body_limit;
        return 0;
    }
    request.body.reserve(capacity);
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

Response body_too_large() {
    return error_response(413, "body_too_large", "The body of the request is too large.");
}

Response refusal_of(const ErrorCode& error, const RequestParser& parser) {
    if (error == wire::error::header_limit) {
        return error_response(431, "header_too_large", "The header of the request is too large.");
    }
    if (parser.is_over_budget) {
        return error_response(503, "overloaded", "Too many bodies are being read.", {{"Retry-After", "1"}});
    }
    if (error == wire::error::body_limit) {
        return body_too_large();
    }
    return error_response(400, "bad_request", "This is not HTTP/1.1.");
}

/// Why a request whose header was read cannot be served.
std::optional<Response> objection(const RequestParser& parser, std::string_view head) {
    if (parser.has_unknown_target) {
        return error_response(400, "bad_request", "The target of the request is neither a path nor a URL.");
    }
    // HTTP/1.0 knew no Host.
    if (parser.has_bad_host || parser.host_count > 1 || (parser.host_count == 0 && !parser.is_http_1_0)) {
        return error_response(400, "bad_request", "The request must have one Host that is well formed.");
    }
    if (parser.has_bad_length || parser.length_count + parser.coding_count > 1 || is_ambiguous(head)) {
        return error_response(400, "bad_request", "The head of the request can be read in two ways.");
    }
    if (parser.has_unknown_coding) {
        return error_response(501, "not_implemented", "The only transfer coding is chunked.");
    }
    if (parser.expectation == RequestParser::Expectation::unknown) {
        return error_response(417, "expectation_failed", "The only expectation is 100-continue.");
    }
    return std::nullopt;
}

}  // namespace

struct RequestReader::State {
    State(Limits limits_of_requests, BodyBudget& budget) : limits(limits_of_requests), share(budget) {}

    ErrorCode put() {
        ErrorCode error;
        buffer.consume(parser->put(buffer.cdata(), error));
        return error == wire::error::need_more ? ErrorCode() : error;
    }
    Progress refuse(Response response) {
        refusal = std::move(response);
        return Progress::refused;
    }

    const Limits limits;
    BodyShare share;
    boost::beast::flat_buffer buffer;
    std::optional<RequestParser> parser;
    Response refusal;
    bool has_begun = false;
    bool is_decided = false;
    bool told_to_go_ahead = false;
};

RequestReader::RequestReader(Limits limits, BodyBudget& budget) : state_(std::make_unique<State>(limits, budget)) {}

RequestReader::~RequestReader() = default;

std::span<char> RequestReader::room(std::size_t bytes) {
    const auto room = state_->buffer.prepare(bytes);
    return {static_cast<char*>(room.data()), room.size()};
}

void RequestReader::arrived(std::size_t bytes) {
    state_->buffer.commit(bytes);
}

void RequestReader::forget_arrived() {
    state_->buffer.clear();
}

void RequestReader::begin(const std::string& peer_address) {
    // Most connections are idle most of the time, and none needs the room of its largest request then.
    constexpr std::size_t idle_bytes_max = std::size_t{8} << 10;
    if (state_->buffer.size() == 0 && state_->buffer.capacity() > idle_bytes_max) {
        state_->buffer.shrink_to_fit();
    }
    state_->share.release();
    auto& parser = state_->parser.emplace(state_->limits, state_->share);
    parser.eager(false);
    parser.request.peer_address = peer_address;
    state_->has_begun = false;
    state_->is_decided = false;
    state_->told_to_go_ahead = false;
}

RequestReader::Progress RequestReader::read_on() {
    auto& [limits, share, buffer, parser, refusal, has_begun, is_decided, told_to_go_ahead] = *state_;
    if (!is_decided) {
        if (buffer.size() == 0) {
            return Progress::needs_more;
        }
        has_begun = true;
        // The header alone: what it says is answered before the body comes. Consuming leaves the bytes where they are.
        const std::string_view arrived(static_cast<const char*>(buffer.cdata().data()), buffer.size());
        if (const auto error = state_->put()) {
            return state_->refuse(refusal_of(error, *parser));
        }
        if (!parser->is_header_done()) {
            return Progress::needs_more;
        }
        if (auto refusal_of_header = objection(*parser, arrived.substr(0, arrived.size() - buffer.size()))) {
            return state_->refuse(*std::move(refusal_of_header));
        }
        parser->eager(true);
        is_decided = true;
        return Progress::head;
    }
    const auto announced = parser->content_length();
    if (!parser->is_done() && announced && *announced > parser->body_bytes_max) {
        return state_->refuse(body_too_large());
    }
    if (!parser->is_done() && buffer.size() > 0) {
        auto error = state_->put();
        // Lines around chunks, which have no limit of their own.
        if (!error && !parser->is_done() && buffer.size() > limits.header_bytes_max) {
            error = wire::error::header_limit;
        }
        if (error) {
            return state_->refuse(refusal_of(error, *parser));
        }
    }
    if (parser->is_done()) {
        return Progress::whole;
    }
    const bool waits = parser->expectation == RequestParser::Expectation::go_ahead && parser->request.body.empty() &&
                       buffer.size() == 0 && !std::exchange(told_to_go_ahead, true);
    return waits ? Progress::needs_go_ahead : Progress::needs_more;
}

void RequestReader::take_body(std::size_t bytes_max, bool has_right) {
    auto& parser = *state_->parser;
    parser.body_bytes_max = std::min(parser.body_bytes_max, bytes_max);
    state_->share.use(has_right);
}

bool RequestReader::drop_body(std::size_t bytes_max) {
    auto& parser = *state_->parser;
    if (parser.is_done()) {
        return true;
    }
    if (parser.expectation == RequestParser::Expectation::go_ahead || parser.content_length().value_or(0) > bytes_max) {
        return false;
    }
    parser.is_body_dropped = true;
    parser.body_bytes_max = std::min(parser.body_bytes_max, bytes_max);
    return true;
}

bool RequestReader::has_begun() const {
    return state_->has_begun;
}

Request& RequestReader::request() {
    return state_->parser->request;
}

Response& RequestReader::refusal() {
    return state_->refusal;
}

bool RequestReader::keeps_alive() const {
    return state_->parser->keep_alive();
}

bool RequestReader::is_http_1_0() const {
    return state_->parser->is_http_1_0;
}

}  // namespace twinfleet::http::detail

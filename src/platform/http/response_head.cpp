#include "platform/http/response_head.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

namespace twinfleet::http::detail {

namespace {

bool is_token(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [marks](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_of_the_server(std::string_view name) {
    constexpr std::array<std::string_view, 4> names = {"Content-Length", "Transfer-Encoding", "Connection", "Date"};
    return std::any_of(names.begin(), names.end(),
                       [name](std::string_view other) { return boost::beast::iequals(name, other); });
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    const std::size_t begin = head.size();
    head += value;
    std::replace_if(
        head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
        [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    head += "\r\n";
}

/// Written once a second.
const std::string& date_of(std::time_t now) {
    thread_local std::time_t written = -1;
    thread_local std::string text;
    if (written != now) {
        text = http_date(now);
        written = now;
    }
    return text;
}

}  // namespace

void write_head(std::string& head, const Response& response, const Framing& framing) {
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
    head.clear();
    head += "HTTP/1.1 ";
    head += std::to_string(response.status);
    head += ' ';
    head.append(reason.data(), reason.size());
    head += "\r\nDate: ";
    head += date_of(framing.now);
    head += "\r\n";
    if (may_have_body(response.status)) {
        if (!response.content_type.empty()) {
            append_field(head, "Content-Type", response.content_type);
        }
        head += "Content-Length: ";
        head += std::to_string(response.body.size());
        head += "\r\n";
    }
    if (!framing.is_kept_alive) {
        head += "Connection: close\r\n";
    } else if (framing.says_keep_alive) {
        head += "Connection: keep-alive\r\n";
    }
    for (const auto& [name, value] : response.headers) {
        if (is_token(name) && !is_of_the_server(name)) {
            append_field(head, name, value);
        }
    }
    head += "\r\n";
}

std::string http_date(std::time_t time) {
    static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    // Not strftime: the names must not follow the locale.
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                  months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                  parts.tm_sec);
    return text.data();
}

}  // namespace twinfleet::http::detail

#include "platform/http/percent.hpp"

#include <algorithm>

#include <boost/locale/utf.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace twinfleet::http {

namespace {

namespace urls = boost::urls;

bool is_utf8_without_nul(std::string_view text) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    const char* position = text.data();
    const char* const end = text.data() + text.size();
    while (position != end) {
        const auto code = Utf8::decode(position, end);
        if (code == 0 || code == boost::locale::utf::illegal || code == boost::locale::utf::incomplete) {
            return false;
        }
    }
    return true;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    // Nearly all text means itself.
    if (std::all_of(text.begin(), text.end(), urls::unreserved_chars)) {
        return std::string(text);
    }
    const auto encoded = urls::make_pct_string_view(text);
    if (!encoded) {
        return std::nullopt;
    }
    auto decoded = encoded->decode(urls::encoding_opts(plus_is_space));
    return is_utf8_without_nul(decoded) ? std::optional(std::move(decoded)) : std::nullopt;
}

}  // namespace

std::string percent_encode(std::string_view text) {
    return urls::encode(text, urls::unreserved_chars);
}

std::optional<std::string> percent_decode(std::string_view text) {
    return decode(text, false);
}

std::optional<std::string> percent_decode_query(std::string_view text) {
    return decode(text, true);
}

}  // namespace twinfleet::http

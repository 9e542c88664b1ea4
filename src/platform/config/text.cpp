#include "platform/config/text.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <boost/locale/utf.hpp>

namespace twinfleet::config::detail {

namespace {

constexpr std::size_t shown_bytes_max = 60;

bool is_control(char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return code < 0x20 || code == 0x7f;
}

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// Without quotes.
std::string on_one_line(std::string_view text) {
    bool cut = false;
    if (text.size() > shown_bytes_max) {
        std::size_t end = shown_bytes_max;
        while (end > 0 && is_continuation(text[end])) {
            --end;
        }
        text = text.substr(0, end);
        cut = true;
    }
    std::string line(text);
    std::replace_if(line.begin(), line.end(), is_control, '?');
    if (cut) {
        line += "...";
    }
    return line;
}

}  // namespace

std::string shown(std::string_view text) {
    if (text.find("://") != std::string_view::npos) {
        return "a text that is not shown";
    }
    return '"' + on_one_line(text) + '"';
}

std::string child_path(std::string_view parent, std::string_view key) {
    const bool plain = !key.empty() && key.find_first_of(".[]\" ") == std::string_view::npos;
    std::string path(parent);
    if (!plain) {
        return path + "[\"" + on_one_line(key) + "\"]";
    }
    if (!path.empty()) {
        path += '.';
    }
    return path + on_one_line(key);
}

std::string item_path(std::string_view parent, std::size_t index) {
    return std::string(parent) + '[' + std::to_string(index) + ']';
}

std::optional<Unfit> find_unfit_bytes(std::string_view text) {
    namespace utf = boost::locale::utf;
    std::size_t line = 1;
    const char* position = text.data();
    const char* const end = text.data() + text.size();
    while (position != end) {
        const auto code = utf::utf_traits<char>::decode(position, end);
        if (code == utf::illegal || code == utf::incomplete) {
            return Unfit{line, "expected UTF-8, found other bytes"};
        }
        if (code == '\n') {
            ++line;
        } else if ((code < 0x20 && code != '\t' && code != '\r') || code == 0x7f) {
            // YAML 1.2.2, section 5.1. It has to be looked for here: yaml-cpp takes byte 4 for the end of the file.
            return Unfit{line, "expected a text, found the control character " + std::to_string(code)};
        }
    }
    return std::nullopt;
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

}  // namespace twinfleet::config::detail

#include "tests/structure/cpp_text.hpp"

#include <algorithm>
#include <cctype>

namespace twinfleet::structure {
namespace {

class Scanner {
public:
    explicit Scanner(std::string_view source) : source_(source) { text_.code = source; }

    CppText scan() {
        while (position_ < source_.size()) {
            const std::string_view rest = source_.substr(position_);
            if (rest.starts_with("//")) {
                const auto end = end_of(source_.find('\n', position_));
                text_.comments.push_back({line_, std::string(source_.substr(position_ + 2, end - position_ - 2))});
                blank_until(end);
            } else if (rest.starts_with("/*")) {
                blank_until(behind("*/", position_ + 2));
            } else if (rest.starts_with("R\"") && !is_of_word(before())) {
                const auto open = source_.find('(', position_);
                const std::string end = ")" + std::string(source_.substr(position_ + 2, open - position_ - 2)) + "\"";
                blank_until(behind(end, open));
            } else if (rest.front() == '"' || (rest.front() == '\'' && !is_of_word(before()))) {
                blank_until(end_of_literal(rest.front()));
            } else {
                step();
            }
        }
        return std::move(text_);
    }

private:
    [[nodiscard]] char before() const { return position_ == 0 ? ' ' : source_[position_ - 1]; }
    [[nodiscard]] std::size_t end_of(std::size_t found) const { return std::min(found, source_.size()); }
    [[nodiscard]] std::size_t behind(std::string_view end, std::size_t from) const {
        const auto found = source_.find(end, from);
        return found == std::string_view::npos ? source_.size() : found + end.size();
    }
    [[nodiscard]] std::size_t end_of_literal(char quote) const {
        std::size_t end = position_ + 1;
        while (end < source_.size() && source_[end] != quote && source_[end] != '\n') {
            end += source_[end] == '\\' ? 2 : 1;
        }
        return end_of(end + 1);
    }
    void step() {
        line_ += source_[position_] == '\n' ? 1 : 0;
        ++position_;
    }
    void blank_until(std::size_t end) {
        while (position_ < end) {
            if (source_[position_] != '\n') {
                text_.code[position_] = ' ';
            }
            step();
        }
    }

    const std::string_view source_;
    std::size_t position_ = 0;
    std::size_t line_ = 1;
    CppText text_;
};

}  // namespace

bool is_of_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

CppText take_apart(std::string_view source) {
    return Scanner(source).scan();
}

}  // namespace twinfleet::structure

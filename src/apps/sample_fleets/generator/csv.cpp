#include "apps/sample_fleets/generator/csv.hpp"

#include <algorithm>
#include <stdexcept>

namespace twinfleet::sample_fleets {
namespace {

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (text_.starts_with(byte_order_mark)) {
            text_.remove_prefix(byte_order_mark.size());
        }
    }

    [[nodiscard]] bool at_end() const noexcept { return position_ >= text_.size(); }
    [[nodiscard]] std::size_t line() const noexcept { return line_; }

    CsvRecord record() {
        CsvRecord fields;
        do {
            fields.push_back(field());
        } while (skip(','));
        skip('\r');
        if (!at_end() && !skip('\n')) {
            throw error("text follows a closing quote");
        }
        return fields;
    }

private:
    std::string field() { return skip('"') ? quoted_field() : plain_field(); }

    std::string plain_field() {
        const auto end = std::min(text_.find_first_of(",\r\n\"", position_), text_.size());
        if (end < text_.size() && text_[end] == '"') {
            throw error("a quote inside a field that does not begin with one");
        }
        std::string value(text_.substr(position_, end - position_));
        position_ = end;
        return value;
    }

    std::string quoted_field() {
        const auto opened_at = line_;
        std::string value;
        for (;;) {
            const auto end = text_.find('"', position_);
            if (end == std::string_view::npos) {
                throw std::invalid_argument("line " + std::to_string(opened_at) + ": a quote is never closed");
            }
            const auto part = text_.substr(position_, end - position_);
            line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
            value += part;
            position_ = end + 1;
            if (!skip('"')) {
                return value;
            }
            value += '"';
        }
    }

    bool skip(char expected) noexcept {
        if (at_end() || text_[position_] != expected) {
            return false;
        }
        ++position_;
        line_ += expected == '\n' ? 1 : 0;
        return true;
    }

    [[nodiscard]] std::invalid_argument error(const char* what) const {
        return std::invalid_argument("line " + std::to_string(line_) + ": " + what);
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::size_t line_ = 1;
};

}  // namespace

CsvTable::CsvTable(std::string_view text) {
    Reader reader(text);
    if (reader.at_end()) {
        throw std::invalid_argument("line 1: no header");
    }
    header_ = reader.record();
    while (!reader.at_end()) {
        const auto line = reader.line();
        records_.push_back(reader.record());
        if (records_.back().size() != header_.size()) {
            throw std::invalid_argument("line " + std::to_string(line) + ": " + std::to_string(records_.back().size()) +
                                        " fields where the header has " + std::to_string(header_.size()));
        }
    }
}

std::size_t CsvTable::column(std::string_view name) const {
    const auto found = std::ranges::find(header_, name);
    if (found == header_.end()) {
        throw std::invalid_argument("no column \"" + std::string(name) + "\"");
    }
    return static_cast<std::size_t>(found - header_.begin());
}

}  // namespace twinfleet::sample_fleets

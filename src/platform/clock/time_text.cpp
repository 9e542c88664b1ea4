#include "platform/clock/time_text.hpp"

namespace twinfleet::platform {
namespace {

void append_digits(std::string& text, std::int64_t number, std::size_t digits) {
    text.append(digits, '0');
    for (std::size_t i = text.size(); number > 0 && digits > 0; number /= 10, --digits) {
        text[--i] = static_cast<char>('0' + number % 10);
    }
}

/// Takes what it reads off the text.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    /// Exactly so many digits.
    std::optional<int> number(std::size_t digits, int max) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (i >= text_.size() || text_[i] < '0' || text_[i] > '9') {
                return std::nullopt;
            }
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(digits);
        return value > max ? std::nullopt : std::optional(value);
    }
    bool take(std::string_view any_of) {
        if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) {
            return false;
        }
        text_.remove_prefix(1);
        return true;
    }
    /// The digits behind the point; what is beyond microseconds is cut.
    std::optional<std::chrono::microseconds> fraction() {
        if (!take(".")) {
            return std::chrono::microseconds(0);
        }
        constexpr std::size_t digits_max = 6;
        std::int64_t value = 0;
        std::size_t digits = 0;
        for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
            value = digits < digits_max ? value * 10 + (text_[digits] - '0') : value;
        }
        for (std::size_t i = digits; i < digits_max; ++i) {
            value *= 10;
        }
        text_.remove_prefix(digits);
        return digits == 0 ? std::nullopt : std::optional(std::chrono::microseconds(value));
    }
    [[nodiscard]] bool is_at_end() const { return text_.empty(); }

private:
    std::string_view text_;
};

}  // namespace

// By hand, as answers with thousands of times are common.
std::string time_text(Time time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - days));
    std::string text;
    text.reserve(sizeof "2024-02-29T23:59:59.999Z");
    append_digits(text, static_cast<int>(date.year()), 4);
    text += '-';
    append_digits(text, static_cast<unsigned>(date.month()), 2);
    text += '-';
    append_digits(text, static_cast<unsigned>(date.day()), 2);
    text += 'T';
    append_digits(text, clock.hours().count(), 2);
    text += ':';
    append_digits(text, clock.minutes().count(), 2);
    text += ':';
    append_digits(text, clock.seconds().count(), 2);
    text += '.';
    append_digits(text, clock.subseconds().count(), 3);
    text += 'Z';
    return text;
}

std::optional<Time> parse_time(std::string_view text) {
    Reader reader(text);
    const auto part = [&](std::size_t digits, int max, std::string_view behind) -> std::optional<int> {
        const auto value = reader.number(digits, max);
        return value && (behind.empty() || reader.take(behind)) ? value : std::nullopt;
    };
    const auto year = part(4, 9999, "-");
    const auto month = year ? part(2, 12, "-") : std::nullopt;
    const auto day = month ? part(2, 31, "Tt ") : std::nullopt;
    const auto hour = day ? part(2, 23, ":") : std::nullopt;
    const auto minute = hour ? part(2, 59, ":") : std::nullopt;
    const auto second = minute ? part(2, 60, "") : std::nullopt;
    const auto fraction = second ? reader.fraction() : std::nullopt;
    if (!fraction) {
        return std::nullopt;
    }
    std::chrono::minutes offset{0};
    if (!reader.take("Zz")) {
        const bool is_ahead = reader.take("+");
        if (!is_ahead && !reader.take("-")) {
            return std::nullopt;
        }
        const auto hours = part(2, 23, ":");
        const auto minutes = hours ? part(2, 59, "") : std::nullopt;
        if (!minutes) {
            return std::nullopt;
        }
        offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
        offset = is_ahead ? offset : -offset;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || !reader.is_at_end()) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) + *fraction - offset;
}

}  // namespace twinfleet::platform

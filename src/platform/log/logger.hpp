#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// Log lines that consist of a fixed event text and fields:
///
///     log.info("pass finished", {{"job", job}, {"read", documents}});
///
/// No phone number, licence, code, token or connection string may ever be in the event or in a field.
namespace twinfleet::log {

/// How much a line matters. `off` is not for lines but for Settings: nothing is logged then.
enum class Level { debug, info, warning, error, off };

/// The value of a field. Texts may hold any bytes; those that are not UTF-8 are shown as U+FFFD.
class FieldValue {
public:
    using Variant = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    template <typename Text>
    requires std::convertible_to<const Text&, std::string_view> FieldValue(const Text& text)
        : value_(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    template <std::signed_integral Integer>
    FieldValue(Integer number) : value_(std::int64_t{number}) {}  // NOLINT(google-explicit-constructor)
    template <std::unsigned_integral Integer>
    requires(!std::same_as<Integer, bool>) FieldValue(Integer number)
        : value_(std::uint64_t{number}) {}  // NOLINT(google-explicit-constructor)
    template <std::floating_point Real>
    FieldValue(Real number) : value_(static_cast<double>(number)) {}  // NOLINT(google-explicit-constructor)
    FieldValue(std::same_as<bool> auto flag) : value_(flag) {}        // NOLINT(google-explicit-constructor)

    [[nodiscard]] const Variant& variant() const noexcept { return value_; }

private:
    Variant value_;
};

/// A field of one line. It only refers to its texts, so it must not outlive the call that it is made for.
struct Field {
    std::string_view key;
    FieldValue value;
};

/// Where lines go. Safe to use from any thread.
class Logger {
public:
    Logger() = default;
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;
    virtual ~Logger() = default;

    void debug(std::string_view event, std::initializer_list<Field> fields = {}) { log(Level::debug, event, fields); }
    void info(std::string_view event, std::initializer_list<Field> fields = {}) { log(Level::info, event, fields); }
    void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
        log(Level::warning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<Field> fields = {}) { log(Level::error, event, fields); }
    void log(Level level, std::string_view event, std::span<const Field> fields) {
        if (enabled(level)) {
            write(level, event, fields);
        }
    }
    void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
        log(level, event, std::span<const Field>(fields.begin(), fields.size()));
    }

    /// Whether lines of this level are written: to be asked before fields that are costly to make.
    [[nodiscard]] virtual bool enabled(Level level) const = 0;

protected:
    virtual void write(Level level, std::string_view event, std::span<const Field> fields) = 0;
};

/// Writes nothing.
class NullLogger final : public Logger {
public:
    [[nodiscard]] bool enabled(Level) const override { return false; }

protected:
    void write(Level, std::string_view, std::span<const Field>) override {}
};

enum class Format {
    /// One JSON object (RFC 8259) a line: `time` (RFC 3339, UTC, milliseconds), `level`, `program`, `event`, then the
    /// fields.
    json,
    /// For a person at a terminal: `12:00:00.000 info    pass finished job=parks read=12`, in local time.
    console,
};

struct Settings {
    Level level = Level::info;
    Format format = Format::json;
    /// Name of the process, in every JSON line.
    std::string program = "twinfleet";
};

/// A logger that writes to stderr, each line at once and in one piece.
[[nodiscard]] std::unique_ptr<Logger> make_stderr_logger(const Settings& settings);

}  // namespace twinfleet::log

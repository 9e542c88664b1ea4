#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/config/error.hpp"
#include "platform/config/file.hpp"

/// Strict settings from a YAML file (yaml.org/spec/1.2.2, core schema: `yes` is a text, `true` is not).
///
///     auto root = config::Reader::from_file("config.yaml", {{"FLEET_MONGO_URI", "mongo.uri"}});
///     auto mongo = root.section("mongo");
///     settings.uri = mongo.secret("uri", settings.uri);
///     mongo.read("connections_max", settings.connections_max, {.min = 1, .max = 1000});
///     mongo.read("connect_timeout_ms", settings.connect_timeout);
///     root.finish();
///
/// Reading a key that is wrong notes the problem and gives the fallback; finish() throws all problems of the file at
/// once.
namespace twinfleet::config {

namespace detail {
template <typename T>
inline constexpr bool is_duration = false;
template <typename Rep, typename Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = std::integral<Rep>;

struct Node;
struct State;
}  // namespace detail

template <typename T>
concept Number = (std::integral<T> || std::floating_point<T>)&&!std::same_as<T, bool>;
template <typename T>
concept Duration = detail::is_duration<T>;
template <typename T>
concept Readable = Number<T> || Duration<T> || std::same_as<T, bool> || std::same_as<T, std::string> ||
    std::same_as<T, std::vector<std::string>> || std::same_as<T, std::map<std::string, std::string>>;

/// The values that a number or a duration may have, both ends included. A duration may be negative only where the range
/// says so.
template <typename T>
struct Range {};
template <Number T>
struct Range<T> {
    T min = std::numeric_limits<T>::lowest();
    T max = std::numeric_limits<T>::max();
};
template <Duration T>
struct Range<T> {
    T min = T::zero();
    T max = T::max();
};

/// An environment variable whose value replaces that of a key in the file. An empty variable counts as not set.
struct Override {
    std::string variable;
    /// The path of the key that it stands for, such as `mongo.uri`; the key of a single value.
    std::string key;
    /// Whether the value is a secret. Then there is a second variable, with `_FILE` behind its name, that names a file
    /// with the value (a last end of line does not count). That file is read by read_secret_file(). Setting both
    /// variables is a problem.
    bool is_secret = false;
};

/// Whether a value of a key that may hold a secret does: an address does only with a password in it
/// (`redis://user:password@host`), and a connection string of words (`host=... password=...`) likewise; any other text
/// does unless it is empty.
[[nodiscard]] bool holds_secret(std::string_view value);

/// Returns the value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& variable)>;
/// The environment variables of this process.
[[nodiscard]] Environment process_environment();

/// One place in the file. Cheap to copy; all copies note into the same list of problems. Not safe to share between
/// threads.
///
/// The suffix of a duration's key is its unit: `_us`, `_ms`, `_s`, `_min`, `_h`, `_d`. Fractions are fine as long as
/// the type that is read can hold them (`ttl_s: 0.5` into milliseconds). A key without such a suffix is a mistake in
/// the program and throws std::logic_error.
class Reader {
public:
    /// Reads a text. Throws Error at once when it is not one YAML document with a map at the top (an empty text is
    /// fine), is not UTF-8, or is too large. `file_name` is used in messages only.
    [[nodiscard]] static Reader from_text(std::string_view text, std::string file_name,
                                          std::vector<Override> overrides = {},
                                          const Environment& environment = process_environment());
    /// The same from a file. Throws Error as well when the file cannot be read.
    [[nodiscard]] static Reader from_file(const std::filesystem::path& path, std::vector<Override> overrides = {},
                                          const Environment& environment = process_environment());

    // Single values. An absent key is no problem, except for the functions whose name begins with `required`.

    /// The value of the key; nullopt when it is absent or wrong.
    template <Readable T>
    [[nodiscard]] std::optional<T> find(std::string_view key, Range<std::type_identity_t<T>> range = {}) {
        return read_as<T>(key, range, false);
    }
    /// The value of the key; `fallback` when it is absent or wrong.
    template <Readable T>
    [[nodiscard]] T value(std::string_view key, T fallback, Range<std::type_identity_t<T>> range = {}) {
        return read_as<T>(key, range, false).value_or(std::move(fallback));
    }
    /// The value of the key, which must be there; T{} when it is absent or wrong.
    template <Readable T>
    [[nodiscard]] T required(std::string_view key, Range<std::type_identity_t<T>> range = {}) {
        return read_as<T>(key, range, true).value_or(T{});
    }
    /// Reads the value of the key into `target`, which stays as it is when the key is absent or wrong.
    template <Readable T>
    void read(std::string_view key, T& target, Range<std::type_identity_t<T>> range = {}) {
        if (auto found = read_as<T>(key, range, false)) {
            target = *std::move(found);
        }
    }
    /// The value of this place, which is a value and not a section; T{} when it is wrong.
    template <Readable T>
    [[nodiscard]] T itself(Range<std::type_identity_t<T>> range = {}) {
        return read_as<T>({}, range, true).value_or(T{});
    }

    /// A text that no message ever shows, such as a connection string or a token; `fallback` when it is absent or
    /// wrong.
    [[nodiscard]] std::string secret(std::string_view key, std::string fallback = {});

    /// Notes a problem, in these words, with each key that secret() has found in the file, not in the environment, with
    /// a value that is a secret indeed (holds_secret()).
    void refuse_secrets_in_file(const std::string& message);

    /// A value that is written as one of a few names; `fallback` when it is absent or wrong.
    template <typename Enum>
    [[nodiscard]] Enum choice(std::string_view key, Enum fallback,
                              std::initializer_list<std::pair<std::string_view, Enum>> names) {
        return choose(key, names, false).value_or(fallback);
    }
    /// The same for a key that must be there; nullopt when it is absent or wrong.
    template <typename Enum>
    [[nodiscard]] std::optional<Enum> required_choice(std::string_view key,
                                                      std::initializer_list<std::pair<std::string_view, Enum>> names) {
        return choose(key, names, true);
    }

    /// One of some names that are known only while the program runs; nullopt when it is absent or wrong.
    [[nodiscard]] std::optional<std::string> required_name(std::string_view key,
                                                           const std::vector<std::string>& names) {
        const auto index = read_choice(key, true, {names.begin(), names.end()});
        return index ? std::optional(names[*index]) : std::nullopt;
    }

    // Further places.

    /// The map of the key. A map that is absent or empty reads like one without keys.
    [[nodiscard]] Reader section(std::string_view key);
    /// The same, but an absent map is a problem.
    [[nodiscard]] Reader required_section(std::string_view key);
    /// The place of the key, whatever it holds.
    [[nodiscard]] Reader at(std::string_view key);
    /// The items of the list of the key; none when it is absent.
    [[nodiscard]] std::vector<Reader> items(std::string_view key);
    /// All keys of this map with what they hold, in the file's order. The keys count as known.
    [[nodiscard]] std::vector<std::pair<std::string, Reader>> entries();

    /// Whether the key is there, in the file or by an override. This does not make it a known key.
    [[nodiscard]] bool has(std::string_view key) const;
    /// Whether this place exists in the file.
    [[nodiscard]] bool exists() const noexcept { return node_ != nullptr; }
    /// Whether there is no key, item or text here.
    [[nodiscard]] bool empty() const noexcept;

    // Problems.

    /// Notes a problem with a key of this map (or with this place, for an empty key) that only the program can see,
    /// such as two settings that contradict each other. `message` must not hold secret values.
    void refuse(std::string_view key, std::string message);
    /// Marks a key of this map as known without reading it.
    void allow(std::string_view key);
    /// Must be called when everything has been read. Throws Error with all problems of the whole file, in the order of
    /// the file: those that were noted, and one for every key that was not asked for.
    void finish();
    /// The number of problems that have been noted so far.
    [[nodiscard]] std::size_t problem_count() const noexcept;

private:
    struct Found;
    Reader(std::shared_ptr<detail::State> state, const detail::Node* node, std::string path, std::size_t line)
        : state_(std::move(state)), node_(node), path_(std::move(path)), line_(line) {}

    template <Readable T>
    std::optional<T> read_as(std::string_view key, Range<T> range, bool needed) {
        if constexpr (std::same_as<T, bool>) {
            return read_boolean(key, needed);
        } else if constexpr (std::same_as<T, std::string>) {
            return read_text(key, needed, false);
        } else if constexpr (std::same_as<T, std::vector<std::string>>) {
            return read_texts(key, needed);
        } else if constexpr (std::same_as<T, std::map<std::string, std::string>>) {
            return read_text_map(key, needed);
        } else if constexpr (std::integral<T>) {
            const auto read = read_integer(key, needed, clamp_to_int64(range.min), clamp_to_int64(range.max));
            return read ? std::optional(static_cast<T>(*read)) : std::nullopt;
        } else if constexpr (std::floating_point<T>) {
            const auto read = read_real(key, needed, range.min, range.max);
            return read ? std::optional(static_cast<T>(*read)) : std::nullopt;
        } else {
            using Period = typename T::period;
            const auto read =
                read_duration(key, needed, {Period::num, Period::den}, static_cast<std::int64_t>(range.min.count()),
                              static_cast<std::int64_t>(range.max.count()));
            return read ? std::optional(T(static_cast<typename T::rep>(*read))) : std::nullopt;
        }
    }
    template <typename Enum>
    std::optional<Enum> choose(std::string_view key, std::initializer_list<std::pair<std::string_view, Enum>> names,
                               bool needed) {
        std::vector<std::string_view> texts;
        for (const auto& [text, value] : names) {
            texts.push_back(text);
        }
        const auto index = read_choice(key, needed, texts);
        return index ? std::optional((names.begin() + *index)->second) : std::nullopt;
    }
    template <std::integral T>
    static constexpr std::int64_t clamp_to_int64(T value) {
        return std::in_range<std::int64_t>(value) ? static_cast<std::int64_t>(value)
                                                  : std::numeric_limits<std::int64_t>::max();
    }

    /// Length of a duration's tick in seconds.
    struct Tick {
        std::int64_t numerator;
        std::int64_t denominator;
    };

    std::optional<bool> read_boolean(std::string_view key, bool needed);
    std::optional<std::int64_t> read_integer(std::string_view key, bool needed, std::int64_t min, std::int64_t max);
    std::optional<double> read_real(std::string_view key, bool needed, double min, double max);
    std::optional<std::int64_t> read_duration(std::string_view key, bool needed, Tick tick, std::int64_t min,
                                              std::int64_t max);
    std::optional<std::string> read_text(std::string_view key, bool needed, bool secret);
    std::optional<std::vector<std::string>> read_texts(std::string_view key, bool needed);
    std::optional<std::map<std::string, std::string>> read_text_map(std::string_view key, bool needed);
    std::optional<std::size_t> read_choice(std::string_view key, bool needed,
                                           const std::vector<std::string_view>& names);

    Found locate(std::string_view key, bool needed, std::string_view expected);
    void open_map(bool needed);
    std::string path_of(std::string_view key) const;

    std::shared_ptr<detail::State> state_;
    /// The node of this place; nullptr when the file does not have it.
    const detail::Node* node_;
    std::string path_;
    /// Whether it was noted that this place is missing or is no section. Its keys are then not noted as missing as
    /// well.
    bool refused_ = false;
    /// Where a reader of the message should look when something is missing here.
    std::size_t line_;
};

}  // namespace twinfleet::config

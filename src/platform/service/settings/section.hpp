#pragma once

#include <chrono>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "platform/config/reader.hpp"

namespace twinfleet::service {

/// What a time-out in settings may be.
inline constexpr config::Range<std::chrono::milliseconds> any_timeout{.min = std::chrono::milliseconds(1),
                                                                      .max = std::chrono::seconds(600)};

/// Reads the keys of one map of a service's settings. The file that ships is complete: it must have every key, so that
/// it documents all of them. A file of one's own need not have any; a value that it leaves out stays as it was.
class Section {
public:
    Section(config::Reader reader, bool is_complete) : reader_(std::move(reader)), is_complete_(is_complete) {}

    /// The map of the key.
    [[nodiscard]] Section section(std::string_view key) {
        return {is_complete_ ? reader_.required_section(key) : reader_.section(key), is_complete_};
    }
    /// Reads a value.
    template <config::Readable T>
    void read(std::string_view key, T& target, config::Range<std::type_identity_t<T>> range = {}) {
        if (is_complete_) {
            target = reader_.required<T>(key, range);
        } else {
            reader_.read(key, target, range);
        }
    }
    /// Reads a text that no message shows.
    void read_secret(std::string_view key, std::string& target) {
        if (is_complete_ && !reader_.has(key)) {
            reader_.refuse(key, "expected a text, found nothing");
        }
        target = reader_.secret(key, target);
    }
    /// Reads a value that is written as one of a few names.
    template <typename Enum>
    void read_choice(std::string_view key, Enum& target,
                     std::initializer_list<std::pair<std::string_view, Enum>> names) {
        if (is_complete_) {
            target = reader_.required_choice(key, names).value_or(target);
        } else {
            target = reader_.choice(key, target, names);
        }
    }
    /// Calls `check` and notes a std::invalid_argument that it throws as a problem of the key. The message must not
    /// repeat a secret.
    template <typename Check>
    void check(std::string_view key, Check&& check) {
        try {
            check();
        } catch (const std::invalid_argument& problem) {
            reader_.refuse(key, problem.what());
        }
    }
    [[nodiscard]] config::Reader& reader() noexcept { return reader_; }
    [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

private:
    config::Reader reader_;
    bool is_complete_;
};

}  // namespace twinfleet::service

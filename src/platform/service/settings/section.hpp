#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "platform/config/reader.hpp"

namespace twinfleet::service {

/// Keys of one map of a service's settings. The file that ships is complete: every key is needed there, so that it
/// tells them all. In a file of one's own none is, and what it leaves out stays as it was.
class Section {
public:
    Section(config::Reader reader, bool is_complete) : reader_(std::move(reader)), is_complete_(is_complete) {}

    [[nodiscard]] Section section(std::string_view key) {
        return {is_complete_ ? reader_.required_section(key) : reader_.section(key), is_complete_};
    }
    template <config::Readable T>
    void read(std::string_view key, T& target, config::Range<std::type_identity_t<T>> range = {}) {
        if (is_complete_) {
            target = reader_.required<T>(key, range);
        } else {
            reader_.read(key, target, range);
        }
    }
    void read_secret(std::string_view key, std::string& target) {
        if (is_complete_ && !reader_.has(key)) {
            reader_.refuse(key, "expected a text, found nothing");
        }
        target = reader_.secret(key, target);
    }
    template <typename Enum>
    void read_choice(std::string_view key, Enum& target,
                     std::initializer_list<std::pair<std::string_view, Enum>> names) {
        if (is_complete_) {
            target = reader_.required_choice(key, names).value_or(target);
        } else {
            target = reader_.choice(key, target, names);
        }
    }
    /// Notes what `check` throws as a problem of the key. `check` must not repeat a secret in it.
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

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/concurrency/guarded.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::log {

/// Keeps what was logged, for tests.
class CapturingLogger final : public Logger {
public:
    struct Entry {
        Level level;
        std::string event;
        /// Values as text: `12`, `0.5`, `true`.
        std::map<std::string, std::string, std::less<>> fields;
    };

    [[nodiscard]] bool enabled(Level) const override { return true; }
    [[nodiscard]] std::vector<Entry> entries() const;
    /// The entries whose event text is `event`.
    [[nodiscard]] std::vector<Entry> entries(std::string_view event) const;

protected:
    void write(Level level, std::string_view event, std::span<const Field> fields) override;

private:
    platform::Guarded<std::vector<Entry>> entries_;
};

}  // namespace twinfleet::log

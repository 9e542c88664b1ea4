#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "platform/log/logger.hpp"

namespace twinfleet::fleet_synchronizer {

/// stdout for what was asked for, stderr for what a person should know meanwhile; on a terminal stderr's last line may
/// be a status that is redrawn. Safe to use from several threads.
class Console {
public:
    /// `terminal_columns`: asked for each status, so that it fits into a window that was resized; empty: stderr is no
    /// terminal.
    Console(std::ostream& out, std::ostream& error, std::function<std::size_t()> terminal_columns = nullptr);
    /// Of this process.
    [[nodiscard]] static Console of_process();

    /// Writes a line to stdout.
    void print(std::string_view line);
    /// Hands to the system what was printed. Throws std::runtime_error when stdout takes no more (a full disk).
    void flush();
    /// Writes a line to stderr.
    void say(std::string_view line);

    [[nodiscard]] bool has_status() const noexcept { return terminal_columns_ != nullptr; }
    /// Draws the status anew, cut to the width of the terminal. Without effect where there is none.
    void show_status(std::string_view text);
    /// Takes the status away.
    void clear_status();
    /// Does something that writes to stderr by itself, with the status out of the way.
    void aside(const std::function<void()>& action);

private:
    void wipe();
    void redraw();

    // Constant after construction.
    std::ostream& out_;
    std::ostream& error_;
    const std::function<std::size_t()> terminal_columns_;

    std::mutex mutex_;
    // Guarded by the mutex.
    std::string status_;
};

/// Logs without spoiling the status.
class ConsoleLogger final : public log::Logger {
public:
    ConsoleLogger(log::Logger& logger, Console& console) : logger_(logger), console_(console) {}
    [[nodiscard]] bool enabled(log::Level level) const override { return logger_.enabled(level); }

protected:
    void write(log::Level level, std::string_view event, std::span<const log::Field> fields) override;

private:
    log::Logger& logger_;
    Console& console_;
};

}  // namespace twinfleet::fleet_synchronizer

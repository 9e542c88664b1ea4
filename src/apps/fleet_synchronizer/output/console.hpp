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

/// Writes to stdout what was asked for, and to stderr what a person should know meanwhile. When stderr is a terminal,
/// its last line may be a status, which is drawn anew while other lines are written above it. Safe to use from several
/// threads.
class Console {
public:
    /// `terminal_columns` returns the width of the terminal. It is called for each status, since the window may be
    /// resized. An empty function says that stderr is no terminal. The streams outlive this.
    Console(std::ostream& out, std::ostream& error, std::function<std::size_t()> terminal_columns = nullptr);
    /// The console over stdout and stderr of this process.
    [[nodiscard]] static Console of_process();

    /// Writes a line to stdout.
    void print(std::string_view line);
    /// Hands the printed lines to the system. Throws std::runtime_error when stdout takes no more, because the disk is
    /// full, for example.
    void flush();
    /// Writes a line to stderr.
    void say(std::string_view line);

    /// Whether statuses are shown: only on a terminal.
    [[nodiscard]] bool has_status() const noexcept { return terminal_columns_ != nullptr; }
    /// Shows `text` as the status, cut to the width of the terminal. Does nothing where no statuses are shown.
    void show_status(std::string_view text);
    /// Removes the status from the terminal.
    void clear_status();
    /// Calls `action`, which writes to stderr by itself, with the status removed meanwhile.
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

/// A logger for a process with a console on the same terminal: it passes lines on to `logger` and removes the status
/// while they are written. Both arguments outlive it.
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

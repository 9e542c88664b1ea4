#include "apps/fleet_synchronizer/output/console.hpp"

#include <iostream>
#include <stdexcept>

#include <sys/ioctl.h>
#include <unistd.h>

namespace twinfleet::fleet_synchronizer {
namespace {

constexpr std::size_t columns_if_unknown = 80;
/// Carriage return, and erase to the end of the line (ECMA-48, EL).
constexpr std::string_view wipe_line = "\r\x1b[K";

std::size_t columns_of_stderr() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : columns_if_unknown;
}

}  // namespace

Console::Console(std::ostream& out, std::ostream& error, std::function<std::size_t()> terminal_columns)
    : out_(out), error_(error), terminal_columns_(std::move(terminal_columns)) {}

Console Console::of_process() {
    return {std::cout, std::cerr, isatty(STDERR_FILENO) == 1 ? columns_of_stderr : std::function<std::size_t()>()};
}

void Console::print(std::string_view line) {
    const std::lock_guard lock(mutex_);
    wipe();
    out_ << line << '\n';
    if (!status_.empty()) {
        out_.flush();
        redraw();
    }
}

void Console::flush() {
    const std::lock_guard lock(mutex_);
    if (!out_.flush()) {
        throw std::runtime_error("stdout cannot be written to");
    }
}

void Console::say(std::string_view line) {
    const std::lock_guard lock(mutex_);
    wipe();
    error_ << line << std::endl;
    redraw();
}

void Console::show_status(std::string_view text) {
    if (!has_status()) {
        return;
    }
    const std::lock_guard lock(mutex_);
    wipe();
    // In the last column some terminals wrap.
    status_ = text.substr(0, terminal_columns_() - 1);
    redraw();
}

void Console::clear_status() {
    const std::lock_guard lock(mutex_);
    wipe();
    status_.clear();
}

void Console::aside(const std::function<void()>& action) {
    const std::lock_guard lock(mutex_);
    wipe();
    action();
    redraw();
}

void Console::wipe() {
    if (!status_.empty()) {
        error_ << wipe_line << std::flush;
    }
}

void Console::redraw() {
    if (!status_.empty()) {
        error_ << status_ << std::flush;
    }
}

void ConsoleLogger::write(log::Level level, std::string_view event, std::span<const log::Field> fields) {
    console_.aside([&] { logger_.log(level, event, fields); });
}

}  // namespace twinfleet::fleet_synchronizer

#include "platform/process/signals.hpp"

#include <condition_variable>
#include <mutex>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace twinfleet::process {

namespace {

constexpr int exit_code_interrupted = 130;

[[noreturn]] void leave_at_once() {
    constexpr std::string_view message = "a second signal: leaving at once\n";
    // Nothing is flushed or destroyed: whoever sends a second signal does not want to wait for anything.
    [[maybe_unused]] const auto written = write(STDERR_FILENO, message.data(), message.size());
    _exit(exit_code_interrupted);
}

}  // namespace

StopSignals::StopSignals(std::chrono::milliseconds same_stop) : same_stop_(same_stop) {
    sigemptyset(&watched_);
    sigaddset(&watched_, SIGINT);
    sigaddset(&watched_, SIGTERM);
    if (const int error = pthread_sigmask(SIG_BLOCK, &watched_, &mask_before_); error != 0) {
        throw std::system_error(error, std::generic_category(), "signals cannot be blocked");
    }
    listener_ = std::jthread([this] { listen(); });
}

StopSignals::~StopSignals() {
    closing_ = true;
    // Wakes the listener and no other thread.
    pthread_kill(listener_.native_handle(), SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread): it is waited for
    listener_.join();
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void StopSignals::listen() {
    using Clock = std::chrono::steady_clock;
    Clock::time_point first_at;
    while (true) {
        int signal = 0;
        if (sigwait(&watched_, &signal) != 0) {
            continue;
        }
        if (closing_) {
            return;
        }
        if (received_ == 0) {
            received_ = signal;
            first_at = Clock::now();
            source_.request_stop();
        } else if (Clock::now() - first_at >= same_stop_) {
            leave_at_once();
        }
    }
}

void StopSignals::wait() const {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, token(), [] { return false; });
}

}  // namespace twinfleet::process

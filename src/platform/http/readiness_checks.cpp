#include "platform/http/readiness_checks.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace twinfleet::http {

class ReadinessChecks::Asker {
public:
    explicit Asker(Question question)
        : question_(std::move(question)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

    void ask() {
        const std::lock_guard lock(mutex_);
        is_under_way_ = true;
        changed_.notify_all();
    }

    [[nodiscard]] Check answer_until(std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_until(lock, deadline, [this] { return !is_under_way_; })) {
            return {.name = question_.name, .ok = false, .detail = "no answer in time"};
        }
        return {.name = question_.name, .ok = problem_.empty(), .detail = problem_};
    }

private:
    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [this] { return is_under_way_; })) {
            lock.unlock();
            std::string problem = problem_now();
            lock.lock();
            problem_ = std::move(problem);
            is_under_way_ = false;
            changed_.notify_all();
        }
    }

    [[nodiscard]] std::string problem_now() const {
        try {
            return question_.ask();
        } catch (const std::exception& failure) {
            const std::string text = failure.what();
            return text.empty() ? "it failed without a word" : text;
        }
    }

    const Question question_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    // Guarded by `mutex_`.
    bool is_under_way_ = false;
    std::string problem_;
    /// Last, so that it ends first.
    std::jthread thread_;
};

ReadinessChecks::ReadinessChecks(std::vector<Question> questions, std::chrono::milliseconds limit) : limit_(limit) {
    for (Question& question : questions) {
        askers_.push_back(std::make_unique<Asker>(std::move(question)));
    }
}

ReadinessChecks::~ReadinessChecks() = default;

std::vector<Check> ReadinessChecks::answers() {
    const auto deadline = std::chrono::steady_clock::now() + limit_;
    for (const auto& asker : askers_) {
        asker->ask();
    }
    std::vector<Check> answers;
    for (const auto& asker : askers_) {
        answers.push_back(asker->answer_until(deadline));
    }
    return answers;
}

}  // namespace twinfleet::http

#include "platform/http/answers.hpp"

#include <utility>

namespace twinfleet::http::detail {

namespace {

thread_local const Answers* answers_of_this_thread = nullptr;

}  // namespace

void Exchange::take(Response response) {
    if (wake_up) {
        answer = std::move(response);
        wake_up();
    }
}

void Answers::arrive(std::shared_ptr<Exchange> exchange, Response response) {
    if (answers_of_this_thread == this) {
        exchange->take(std::move(response));
        return;
    }
    const std::lock_guard lock(mutex_);
    if (!schedule_) {
        return;
    }
    arrived_.push_back({std::move(exchange), std::move(response)});
    // One wake-up for all that arrive until the I/O thread gets to it.
    if (arrived_.size() == 1) {
        schedule_(shared_from_this());
    }
}

void Answers::hand_on() {
    std::vector<Arrived> arrived;
    {
        const std::lock_guard lock(mutex_);
        arrived.swap(arrived_);
    }
    for (auto& [exchange, response] : arrived) {
        exchange->take(std::move(response));
    }
}

void Answers::belong_to_this_thread() const {
    answers_of_this_thread = this;
}

void Answers::close() {
    std::vector<Arrived> left_over;
    const std::lock_guard lock(mutex_);
    schedule_ = nullptr;
    left_over.swap(arrived_);
}

}  // namespace twinfleet::http::detail

#include "capabilities/mirroring/memory/links/link_reader.hpp"

#include <algorithm>
#include <stdexcept>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {

LinkReader::LinkReader(LinkSource source, const LinkReaderSettings& settings)
    : source_(std::move(source)), settings_(settings) {
    for (const Entity& entity : entities()) {
        queues_.push_back({&entity, {}});
    }
    for (std::size_t i = 0; i < settings_.threads; ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

LinkReader::~LinkReader() {
    for (std::jthread& thread : threads_) {
        thread.request_stop();
    }
    threads_.clear();
}

bool LinkReader::ask(const Entity& entity, std::vector<std::string> ids, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (ids_waiting_ + ids.size() > settings_.ids_waiting_max) {
            return false;
        }
        const auto queue = std::ranges::find(queues_, &entity, &Queue::entity);
        if (queue == queues_.end()) {
            throw std::logic_error("an entity that is not in the table");
        }
        ids_waiting_ += ids.size();
        queue->questions.push_back({std::move(ids), std::move(done)});
    }
    came_.notify_one();
    return true;
}

void LinkReader::work(const std::stop_token& stop) {
    const auto has_questions = [](const Queue& queue) { return !queue.questions.empty(); };
    std::unique_lock lock(mutex_);
    // True also on a stop as long as something waits.
    while (came_.wait(lock, stop, [&] { return std::ranges::any_of(queues_, has_questions); })) {
        while (!has_questions(queues_[turn_])) {
            turn_ = (turn_ + 1) % queues_.size();
        }
        Queue& queue = queues_[turn_];
        turn_ = (turn_ + 1) % queues_.size();
        const Entity& entity = *queue.entity;
        {
            const auto questions = take(queue);
            lock.unlock();
            answer(entity, questions);
        }
        lock.lock();
    }
}

std::vector<LinkReader::Question> LinkReader::take(Queue& queue) {
    std::vector<Question> taken;
    std::size_t ids = 0;
    while (!queue.questions.empty() &&
           (taken.empty() || ids + queue.questions.front().ids.size() <= settings_.ids_per_query_max)) {
        ids += queue.questions.front().ids.size();
        taken.push_back(std::move(queue.questions.front()));
        queue.questions.pop_front();
    }
    ids_waiting_ -= ids;
    return taken;
}

void LinkReader::answer(const Entity& entity, const std::vector<Question>& questions) const {
    std::vector<std::string> ids;
    for (const Question& question : questions) {
        ids.insert(ids.end(), question.ids.begin(), question.ids.end());
    }
    std::vector<LinkAnswer> answers;
    try {
        answers = source_(entity, ids);
        if (answers.size() != ids.size()) {
            throw std::logic_error("not one answer for each id");
        }
    } catch (...) {
        for (const Question& question : questions) {
            question.done({}, std::current_exception());
        }
        return;
    }
    std::size_t first = 0;
    for (const Question& question : questions) {
        question.done(std::span(answers).subspan(first, question.ids.size()), nullptr);
        first += question.ids.size();
    }
}

}  // namespace twinfleet::mirroring

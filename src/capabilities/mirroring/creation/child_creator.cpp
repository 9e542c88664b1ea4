#include "capabilities/mirroring/creation/child_creator.hpp"

#include <stdexcept>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {

ChildCreator::ChildCreator(CreateChildDrivers create, const ChildCreatorSettings& settings)
    : create_(std::move(create)), settings_(settings) {
    for (std::size_t i = 0; i < settings_.threads; ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

ChildCreator::~ChildCreator() {
    for (std::jthread& thread : threads_) {
        thread.request_stop();
    }
    threads_.clear();
}

bool ChildCreator::ask(const domain::AppFamily& family, const domain::ParentId& parent_driver_id, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (request_count_ == settings_.requests_max) {
            return false;
        }
        ++request_count_;
        Key key(family.name, parent_driver_id.value());
        const auto [request, is_new] = requests_.try_emplace(key);
        request->second.push_back(std::move(done));
        if (!is_new) {
            return true;
        }
        waiting_.push_back(std::move(key));
    }
    came_.notify_one();
    return true;
}

void ChildCreator::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    // True also on a stop as long as something waits.
    while (came_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
        const auto keys = take();
        lock.unlock();
        create(keys);
        lock.lock();
    }
}

std::vector<ChildCreator::Key> ChildCreator::take() {
    std::vector<Key> keys;
    while (!waiting_.empty() && keys.size() < settings_.batch_max &&
           (keys.empty() || keys.front().first == waiting_.front().first)) {
        keys.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return keys;
}

void ChildCreator::create(const std::vector<Key>& keys) {
    const domain::AppFamily family{keys.front().first};
    std::vector<domain::ParentId> ids;
    ids.reserve(keys.size());
    for (const Key& key : keys) {
        ids.emplace_back(key.second);
    }
    std::vector<CreationAnswer> answers;
    std::exception_ptr failure;
    bool is_store_away = false;
    try {
        answers = create_(family, ids);
        if (answers.size() != ids.size()) {
            throw std::logic_error("not one answer for each driver");
        }
    } catch (const platform::StoreUnavailable&) {
        failure = std::current_exception();
        is_store_away = true;
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            answer(keys[i], &answers[i], nullptr);
        }
        return;
    }
    for (const Key& key : keys) {
        if (is_store_away || keys.size() == 1) {
            answer(key, nullptr, failure);
        } else {
            // One of them did it; the others must not suffer.
            create({key});
        }
    }
}

void ChildCreator::answer(const Key& key, const CreationAnswer* answer, const std::exception_ptr& failure) {
    std::vector<Done> done;
    {
        const std::lock_guard lock(mutex_);
        const auto request = requests_.find(key);
        done = std::move(request->second);
        requests_.erase(request);
        request_count_ -= done.size();
    }
    const auto* child = answer == nullptr ? nullptr : std::get_if<ChildDriver>(answer);
    if (child == nullptr || !child->created) {
        for (const Done& tell : done) {
            tell(answer, failure);
        }
        return;
    }
    done.front()(answer, failure);
    CreationAnswer was_there = *child;
    std::get<ChildDriver>(was_there).created = false;
    for (std::size_t i = 1; i < done.size(); ++i) {
        done[i](&was_there, failure);
    }
}

}  // namespace twinfleet::mirroring

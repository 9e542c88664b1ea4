#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "capabilities/mirroring/memory/links/link_lookup.hpp"

namespace twinfleet::mirroring {

/// One answer for each id, in order. Called from several threads.
using LinkSource = std::function<std::vector<LinkAnswer>(const Entity& entity, std::span<const std::string> ids)>;

struct LinkReaderSettings {
    /// Queries under way at a time.
    std::size_t threads = 2;
    /// One query asks for the ids of as many requests as fit; a larger request goes alone.
    std::size_t ids_per_query_max = 4'000;
    /// Ids that may wait.
    std::size_t ids_waiting_max = 100'000;
};

/// Looks links up for many callers at a time: the requests that come while queries are under way are asked together in
/// the next one, so the busier it is, the less each of them costs. Safe to use from any thread.
class LinkReader {
public:
    explicit LinkReader(LinkSource source, const LinkReaderSettings& settings = {});
    /// Answers what was accepted, then ends.
    ~LinkReader();
    LinkReader(const LinkReader&) = delete;
    LinkReader& operator=(const LinkReader&) = delete;

    /// Either the answers, in the order of the ids, or what the source threw. Must not throw.
    using Done = std::function<void(std::span<const LinkAnswer> answers, const std::exception_ptr& failure)>;

    /// Does not block. False when too much waits; `done` is then not called. `entity` is one of the table.
    [[nodiscard]] bool ask(const Entity& entity, std::vector<std::string> ids, Done done);

private:
    struct Question {
        std::vector<std::string> ids;
        Done done;
    };
    struct Queue {
        const Entity* entity;
        std::deque<Question> questions;
    };

    void work(const std::stop_token& stop);
    /// What the next query asks; from a queue that is not empty.
    [[nodiscard]] std::vector<Question> take(Queue& queue);
    void answer(const Entity& entity, const std::vector<Question>& questions) const;

    const LinkSource source_;
    const LinkReaderSettings settings_;

    std::mutex mutex_;
    std::condition_variable_any came_;
    // Guarded by mutex_.
    std::vector<Queue> queues_;
    std::size_t ids_waiting_ = 0;
    /// The queue whose turn is next.
    std::size_t turn_ = 0;

    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::mirroring

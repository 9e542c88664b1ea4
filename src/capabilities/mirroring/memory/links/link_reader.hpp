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

/// Looks ids up. Returns one answer for each id, in the same order. Called from several threads at a time.
using LinkSource = std::function<std::vector<LinkAnswer>(const Entity& entity, std::span<const std::string> ids)>;

/// The limits of a LinkReader.
struct LinkReaderSettings {
    /// How many queries may be under way at a time.
    std::size_t threads = 2;
    /// The most ids in one query, which asks for those of as many requests as fit. A request with more ids has a query
    /// of its own.
    std::size_t ids_per_query_max = 4'000;
    /// The most ids that may wait for a query.
    std::size_t ids_waiting_max = 100'000;
};

/// Looks links up for many callers at a time. Requests that come while queries are under way are put together into the
/// next query, so that each request costs less the more there are. Safe to use from any thread.
class LinkReader {
public:
    explicit LinkReader(LinkSource source, const LinkReaderSettings& settings = {});
    /// Waits until everything that was accepted has been answered.
    ~LinkReader();
    LinkReader(const LinkReader&) = delete;
    LinkReader& operator=(const LinkReader&) = delete;

    /// Called once for each accepted request, on another thread: with the answers, in the order of the ids, or with the
    /// exception that the source threw. Must not throw.
    using Done = std::function<void(std::span<const LinkAnswer> answers, const std::exception_ptr& failure)>;

    /// Accepts a request and returns true, or returns false and never calls `done` when too many ids are waiting. Does
    /// not block. `entity` is one of entities().
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
    /// Takes the questions of the next query. The queue must not be empty.
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

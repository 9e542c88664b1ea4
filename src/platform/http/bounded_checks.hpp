#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/http/monitor_server.hpp"

namespace twinfleet::http {

/// How long /ready of a service waits for each answer. What asks a store has connections of its own that give up then
/// (probe_settings), so that neither a busy pool nor a store that hangs holds an answer up.
inline constexpr std::chrono::milliseconds probe_limit{2'000};

/// One thing to be looked at.
struct Question {
    std::string name;
    /// What is wrong, for a person and without secrets; empty: nothing. May block; what it throws is wrong, too.
    std::function<std::string()> ask;
};

/// Answers within a limit, whatever hangs: each question is asked by a thread of its own, all at once, and who has not
/// answered in time is not ok. A question that hangs is not asked once more meanwhile. To be used by one thread at a
/// time. The destructor waits for questions under way.
class BoundedChecks {
public:
    BoundedChecks(std::vector<Question> questions, std::chrono::milliseconds limit);
    ~BoundedChecks();
    BoundedChecks(const BoundedChecks&) = delete;
    BoundedChecks& operator=(const BoundedChecks&) = delete;

    /// In the order of the questions.
    [[nodiscard]] std::vector<Check> answers();

private:
    class Asker;
    const std::chrono::milliseconds limit_;
    std::vector<std::unique_ptr<Asker>> askers_;
};

}  // namespace twinfleet::http

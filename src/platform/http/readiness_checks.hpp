#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/http/monitor_server.hpp"

namespace twinfleet::http {

/// How long /ready of a service waits for each answer. A question to a store has connections of its own that give up
/// after this time (probe_settings()), so that neither a busy pool nor a store that hangs delays the answer.
inline constexpr std::chrono::milliseconds probe_limit{2'000};

/// One thing that /ready looks at.
struct Question {
    std::string name;
    /// Returns what is wrong, for a person and without secrets; empty when nothing is. May block. An exception counts
    /// as something wrong.
    std::function<std::string()> ask;
};

/// Asks questions and answers within a time limit, whatever hangs. All questions are asked at once, each by a thread of
/// its own, and a question that is not answered in time is not ok. A question that hangs is not asked again meanwhile.
/// For one thread at a time.
class ReadinessChecks {
public:
    ReadinessChecks(std::vector<Question> questions, std::chrono::milliseconds limit);
    /// Waits for the questions under way.
    ~ReadinessChecks();
    ReadinessChecks(const ReadinessChecks&) = delete;
    ReadinessChecks& operator=(const ReadinessChecks&) = delete;

    /// Asks all questions. Returns the answers in the order of the questions.
    [[nodiscard]] std::vector<Check> answers();

private:
    class Asker;
    const std::chrono::milliseconds limit_;
    std::vector<std::unique_ptr<Asker>> askers_;
};

}  // namespace twinfleet::http

#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace twinfleet::config {

/// One thing that is wrong with the settings. Holds no value of a secret key.
struct Problem {
    /// The file's name as it was given, or `environment variable NAME`.
    std::string source;
    /// The line, counted from 1; 0 where there is none (environment variables, a file that cannot be read).
    std::size_t line = 0;
    /// The path of the key, such as `mongo.connections_max` or `clauses[0].title`; empty for the file as a whole.
    std::string key;
    /// What was expected and what was found, in one line.
    std::string message;

    /// The problem as one line of text: `config.yaml:12: mongo.connections_max: expected a whole number from 1 to 1000,
    /// found "many"`.
    [[nodiscard]] std::string text() const;
};

/// Thrown for settings that cannot be used. what() has one line for each problem.
class Error : public std::runtime_error {
public:
    /// `problems` is not empty.
    explicit Error(std::vector<Problem> problems);
    [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }

private:
    std::vector<Problem> problems_;
};

}  // namespace twinfleet::config

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/config/error.hpp"

namespace twinfleet::service {

/// Collects what is wrong with settings, after they could be read, so that everything is told at once.
class Findings {
public:
    /// `source` is where messages say that the settings come from: the name of the file.
    explicit Findings(std::string source) : source_(std::move(source)) {}

    /// `key` is the path of a key, such as `cache.folder`, or of a section. `message` says what was expected and what
    /// was found, without any secret.
    void refuse(std::string key, std::string message) {
        problems_.push_back({.source = source_, .line = 0, .key = std::move(key), .message = std::move(message)});
    }
    /// Calls `read`, which reads a file that the settings name, and notes the problems of a config::Error that it
    /// throws.
    template <typename Read>
    void attempt(const Read& read) {
        try {
            read();
        } catch (const config::Error& error) {
            problems_.insert(problems_.end(), error.problems().begin(), error.problems().end());
        }
    }
    /// Throws config::Error with all problems that were noted, if there are any.
    void finish() const {
        if (!problems_.empty()) {
            throw config::Error(problems_);
        }
    }

private:
    const std::string source_;
    std::vector<config::Problem> problems_;
};

}  // namespace twinfleet::service

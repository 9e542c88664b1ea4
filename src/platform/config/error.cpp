#include "platform/config/error.hpp"

namespace twinfleet::config {

namespace {

std::string lines(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) {
        if (!text.empty()) {
            text += '\n';
        }
        text += problem.text();
    }
    return text;
}

}  // namespace

std::string Problem::text() const {
    std::string text = source;
    if (line != 0) {
        text += ':' + std::to_string(line);
    }
    if (!key.empty()) {
        text += ": " + key;
    }
    return text + ": " + message;
}

Error::Error(std::vector<Problem> problems) : std::runtime_error(lines(problems)), problems_(std::move(problems)) {}

}  // namespace twinfleet::config

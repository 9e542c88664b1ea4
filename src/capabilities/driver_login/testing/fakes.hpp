#pragma once

#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "capabilities/driver_login/children/child_drivers.hpp"
#include "capabilities/driver_login/text_messages/text_messages.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_login::testing {

/// Keeps what was sent.
class SentMessages final : public TextMessages {
public:
    [[nodiscard]] SendOutcome send(const TextMessage& message, const std::stop_token& /*stop*/) override {
        messages_.with([&](auto& messages) { messages.push_back(message); });
        return SendOutcome::sent;
    }
    [[nodiscard]] std::vector<TextMessage> all() const {
        return messages_.with([](const auto& messages) { return messages; });
    }

private:
    platform::Guarded<std::vector<TextMessage>> messages_;
};

/// Makes `child-of-<parent>` in the park that it was told, or refuses. Nobody was told: not_now.
class FakeChildDrivers final : public ChildDrivers {
public:
    [[nodiscard]] std::variant<ChildDriver, ChildRefusal> make(std::string_view family,
                                                               std::string_view parent_driver_id) override {
        return answers_.with([&](auto& answers) -> std::variant<ChildDriver, ChildRefusal> {
            ++made_[std::string(parent_driver_id)];
            const auto answer = answers.find({std::string(family), std::string(parent_driver_id)});
            if (answer == answers.end()) {
                return ChildRefusal::not_now;
            }
            return answer->second;
        });
    }
    void answer(const std::string& family, const std::string& parent_driver_id,
                std::variant<ChildDriver, ChildRefusal> answer) {
        answers_.with(
            [&](auto& answers) { answers.insert_or_assign(std::pair(family, parent_driver_id), std::move(answer)); });
    }
    /// How often a parent's child was asked for.
    [[nodiscard]] int asked(const std::string& parent_driver_id) const {
        return answers_.with([&](const auto&) {
            const auto found = made_.find(parent_driver_id);
            return found == made_.end() ? 0 : found->second;
        });
    }

private:
    platform::Guarded<std::map<std::pair<std::string, std::string>, std::variant<ChildDriver, ChildRefusal>>> answers_;
    // Guarded by answers_.
    std::map<std::string, int> made_;
};

/// Tokens are `session-1`, `session-2`, ...
class FakeSessions final : public driver_sessions::Sessions {
public:
    struct Begun {
        driver_sessions::DriverKey driver;
        std::string family;
    };

    [[nodiscard]] std::string begin(const driver_sessions::DriverKey& driver, std::string_view family) override {
        return begun_.with([&](auto& begun) {
            if (is_away_) {
                throw platform::StoreUnavailable("Redis", "as the test says");
            }
            begun.push_back({driver, std::string(family)});
            return "session-" + std::to_string(begun.size());
        });
    }
    [[nodiscard]] std::variant<driver_sessions::Session, driver_sessions::SessionRefusal> find(
        std::string_view /*token*/, std::string_view /*family*/) override {
        return driver_sessions::SessionRefusal::unauthorized;
    }
    void end(std::string_view /*token*/) override {}

    [[nodiscard]] std::vector<Begun> begun() const {
        return begun_.with([](const auto& begun) { return begun; });
    }
    void set_away(bool is_away) {
        begun_.with([&](const auto&) { is_away_ = is_away; });
    }

private:
    platform::Guarded<std::vector<Begun>> begun_;
    // Guarded by begun_.
    bool is_away_ = false;
};

}  // namespace twinfleet::driver_login::testing

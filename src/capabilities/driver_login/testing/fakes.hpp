#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
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
        std::string phone;
    };

    [[nodiscard]] std::optional<std::string> begin(const driver_sessions::DriverKey& driver, std::string_view family,
                                                   const driver_sessions::LogIn& log_in) override {
        return begun_.with([&](auto& begun) -> std::optional<std::string> {
            if (is_away_) {
                throw platform::StoreUnavailable("Redis", "as the test says");
            }
            if (before_begin_) {
                before_begin_();
            }
            if (is_revoked_since(log_in, revoked_phones_)) {
                return std::nullopt;
            }
            begun.push_back({driver, std::string(family), log_in.phone});
            return "session-" + std::to_string(begun.size());
        });
    }
    [[nodiscard]] std::variant<driver_sessions::Session, driver_sessions::SessionRefusal> find(
        std::string_view /*token*/, std::string_view /*family*/) override {
        return driver_sessions::SessionRefusal::unauthorized;
    }
    void end(std::string_view /*token*/) override {}
    [[nodiscard]] driver_sessions::Position now() override {
        return begun_.with([&](const auto&) { return now_; });
    }
    [[nodiscard]] bool is_revoked(const driver_sessions::LogIn& log_in, std::string_view /*family*/) override {
        return begun_.with([&](const auto&) { return is_revoked_since(log_in, revoked_phones_); });
    }
    /// Of a phone alone; ends no session.
    std::size_t revoke(const driver_sessions::RevocationTarget& target) override {
        begun_.with([&](const auto&) { revoke_phone(target.id); });
        return 0;
    }
    /// Has the phone revoked at the next begin(), before anything else.
    void revoke_at_begin(const std::string& phone) {
        begun_.with([&](const auto&) { before_begin_ = [this, phone] { revoke_phone(phone); }; });
    }

    [[nodiscard]] std::vector<Begun> begun() const {
        return begun_.with([](const auto& begun) { return begun; });
    }
    void set_away(bool is_away) {
        begun_.with([&](const auto&) { is_away_ = is_away; });
    }

private:
    using Revocations = std::map<std::string, driver_sessions::Position>;

    static bool is_revoked_since(const driver_sessions::LogIn& log_in, const Revocations& revoked) {
        const auto found = revoked.find(log_in.phone);
        return found != revoked.end() && found->second > log_in.since;
    }
    void revoke_phone(const std::string& phone) {
        ++now_.ms;
        revoked_phones_[phone] = now_;
    }

    platform::Guarded<std::vector<Begun>> begun_;
    // Guarded by begun_.
    bool is_away_ = false;
    driver_sessions::Position now_{.ms = 1};
    Revocations revoked_phones_;
    std::function<void()> before_begin_;
};

}  // namespace twinfleet::driver_login::testing

#include "simulator/virtual_driver/login.hpp"

#include <algorithm>
#include <utility>

#include "platform/json/to_text.hpp"
#include "simulator/outbox/outbox.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;

constexpr unsigned starts_max = 2;
constexpr unsigned failures_in_a_row_max = 20;
constexpr auto watch_interval = 100ms;

/// A code of the same length, and certainly another one.
std::string other_code(std::string code) {
    code.back() = code.back() == '9' ? '0' : static_cast<char>(code.back() + 1);
    return code;
}

/// The park that was asked for if it is offered, else the first one; empty: none is offered.
std::string choose_park(const Answer& answer, std::string_view wanted) {
    std::string chosen;
    const auto* parks = answer.body.if_contains("parks");
    if (parks == nullptr || !parks->is_array()) {
        return chosen;
    }
    for (const auto& park : parks->get_array()) {
        const auto* id = park.is_object() ? park.get_object().if_contains("park_id") : nullptr;
        if (id == nullptr || !id->is_string()) {
            continue;
        }
        if (chosen.empty() || id->get_string() == wanted) {
            chosen = id->get_string();
        }
    }
    return chosen;
}

}  // namespace

Login::Login(Life& life, Instant not_before) : life_(life), due_(not_before), next_start_(not_before) {}

void Login::go_on(Step step, Instant due) {
    step_ = step;
    due_ = due;
    failures_in_a_row_ = 0;
}

void Login::fail(std::string reason) {
    failure_ = std::move(reason);
    go_on(Step::failed, never);
    life_.pair.end_turn(life_.side);
}

void Login::start_again() {
    life_.pair.end_turn(life_.side);
    if (starts_ == starts_max) {
        fail("login_failed");
    } else {
        go_on(Step::turn, next_start_);
    }
}

std::string Login::try_again(const Answer& answer, Instant now) {
    due_ = retry_at(answer, now);
    if (++failures_in_a_row_ == failures_in_a_row_max) {
        fail("login_failed");
    }
    return error_of(answer);
}

Request Login::request(Operation operation, std::string target, std::string body) const {
    return {
        .operation = operation, .due = due_, .method = "POST", .target = std::move(target), .body = std::move(body)};
}

std::optional<Request> Login::next(Instant now, Measurements& measurements) {
    if (step_ == Step::turn && now >= next_start_) {
        if (!life_.pair.take_turn(life_.side)) {
            due_ = never;
            return std::nullopt;
        }
        if (life_.pair.codes() >= life_.settings.codes_max) {
            fail("no_codes_left");
            return std::nullopt;
        }
        // Waiting for the other app is no lateness of the service.
        go_on(Step::start, due_ == never ? now : due_);
    }
    if (step_ == Step::code) {
        return look_for_code(now, measurements);
    }
    if (now < due_) {
        return std::nullopt;
    }
    switch (step_) {
        case Step::start:
            // A late message of an earlier login.
            (void)life_.pair.take_message();
            return request(Operation::login_start, "/v1/login/start",
                           json::to_text(boost::json::object{{"phone", life_.account.phone}}));
        case Step::verify:
            return request(Operation::login_verify, "/v1/login/verify",
                           json::to_text(boost::json::object{{"login_id", login_id_},
                                                             {"code", gives_wrong_code_ ? other_code(code_) : code_}}));
        case Step::park:
            life_.pair.begin_session_change(life_.side);
            other_changes_ = life_.pair.session_changes(other(life_.side)).begun;
            return request(Operation::login_park, "/v1/login/park",
                           json::to_text(boost::json::object{{"login_token", login_token_}, {"park_id", park_id_}}));
        case Step::profile:
            asked_ = now;
            return Request{.operation = Operation::profile,
                           .due = due_,
                           .method = "GET",
                           .target = "/v1/driver/profile",
                           .session_token = session_.token};
        default:
            return std::nullopt;
    }
}

std::optional<Request> Login::look_for_code(Instant now, Measurements& measurements) {
    const auto message = life_.pair.take_message();
    if (auto code = message ? code_in(*message, code_length_) : std::nullopt) {
        measurements.answered(Operation::code, started_, started_, now, {});
        code_ = std::move(*code);
        gives_wrong_code_ = life_.random.chance(life_.settings.wrong_code_share);
        go_on(Step::verify, now);
        return next(now, measurements);
    }
    if (now >= due_) {
        measurements.answered(Operation::code, started_, started_, now, "missing");
        start_again();
    }
    return std::nullopt;
}

std::string Login::take(const Answer& answer, Instant now, Measurements& measurements) {
    switch (step_) {
        case Step::start:
            if (answer.status != 200) {
                return try_again(answer, now);
            }
            take_start(answer, now);
            return {};
        case Step::verify:
            return take_verify(answer, now, measurements);
        case Step::park:
            return take_park(answer, now, measurements);
        default:
            return take_profile(answer, now, measurements);
    }
}

void Login::take_start(const Answer& answer, Instant now) {
    ++starts_;
    life_.pair.count_code();
    login_id_ = answer.text("login_id");
    code_length_ = static_cast<std::size_t>(std::max<std::int64_t>(answer.integer("code_length").value_or(6), 1));
    next_start_ = now + std::chrono::seconds(answer.integer("resend_after_s").value_or(60));
    started_ = now;
    go_on(Step::code, now + life_.settings.code_timeout);
}

std::string Login::take_verify(const Answer& answer, Instant now, Measurements& measurements) {
    const bool is_wrong_code = answer.status == 401 && answer.code() == "wrong_code";
    if (gives_wrong_code_ && (is_wrong_code || answer.status == 200)) {
        gives_wrong_code_ = false;
        measurements.checked(Check::wrong_code, is_wrong_code, life_.name + ": a wrong code was accepted");
        if (is_wrong_code) {
            go_on(Step::verify, now);
            return {};
        }
    }
    if (answer.status != 200) {
        if (is_wrong_code || answer.status == 410 || answer.code() == "too_many_attempts") {
            start_again();
            return error_of(answer);
        }
        return try_again(answer, now);
    }
    life_.pair.end_turn(life_.side);
    login_token_ = answer.text("login_token");
    park_id_ = choose_park(answer, life_.account.park_id);
    if (park_id_.empty()) {
        fail("no_parks");
    } else {
        go_on(Step::park, now);
    }
    return {};
}

std::string Login::take_park(const Answer& answer, Instant now, Measurements& measurements) {
    if (answer.status == 401) {
        start_again();
        return error_of(answer);
    }
    if (answer.status == 403 || answer.status == 409) {
        fail(std::string(answer.code()));
        return error_of(answer);
    }
    if (answer.status != 200) {
        return try_again(answer, now);
    }
    session_ = {.token = std::string(answer.text("session_token")),
                .park_id = std::string(answer.text("park_id")),
                .driver_id = std::string(answer.text("driver_id"))};
    life_.pair.set_driver_id(life_.side, session_.driver_id);
    life_.pair.end_session_change(life_.side);
    const std::chrono::milliseconds promise(answer.integer("profile_ready_in_ms").value_or(0));
    measurements.promised.record(promise);
    ++measurements.logged_in;
    session_began_ = now;
    promised_ = now + promise;
    watches_ = life_.random.chance(life_.settings.watching_share);
    go_on(Step::profile, watches_ ? now : promised_);
    return {};
}

std::string Login::take_profile(const Answer& answer, Instant now, Measurements& measurements) {
    const auto decide = [&](bool is_kept) {
        if (!std::exchange(is_promise_decided_, true)) {
            ++measurements.promises.made;
            measurements.promises.failed += is_kept ? 0 : 1;
        }
    };
    if (answer.status == 404 && answer.code() == "profile_not_ready") {
        if (asked_ >= promised_) {
            decide(false);
        }
        // A promise is put to the test at its very moment, whoever watches.
        const Instant soon = now + watch_interval;
        due_ = asked_ < promised_ ? std::min(soon, promised_) : watches_ ? soon : retry_at(answer, now);
        return {};
    }
    if (answer.status == 401) {
        if (life_.pair.session_changes(other(life_.side)).begun != other_changes_) {
            measurements.checked(Check::log_out, false, life_.name + ": the session ended with one of the other app");
        }
        fail("session_ended");
        return error_of(answer);
    }
    if (answer.status != 200) {
        return try_again(answer, now);
    }
    decide(true);
    if (watches_) {
        measurements.ready.record(now - session_began_);
    }
    const bool is_own = answer.text("driver_id") == session_.driver_id && answer.text("park_id") == session_.park_id &&
                        answer.text("family") == life_.app.family &&
                        life_.pair.driver_id(other(life_.side)) != session_.driver_id;
    measurements.checked(Check::profile, is_own, life_.name + ": the profile is that of another");
    go_on(Step::done, never);
    return {};
}

}  // namespace twinfleet::simulator

#include "simulator/virtual_driver/app_life.hpp"

#include <algorithm>
#include <utility>

namespace twinfleet::simulator {

AppLife::AppLife(Life life, std::unique_ptr<Track> track, Instant start)
    : life_(std::move(life)),
      driving_(life_, std::move(track)),
      login_(std::in_place, life_, start),
      next_login_(start) {}

Instant AppLife::due() const {
    if (has_given_up_) {
        return never;
    }
    return login_ ? login_->due() : driving_.due();
}

std::optional<Request> AppLife::next(Instant now, Measurements& measurements) {
    if (has_given_up_) {
        return std::nullopt;
    }
    auto request = login_ ? login_->next(now, measurements) : driving_.next(now, measurements);
    if (!request) {
        follow_up(now, measurements);
    }
    return request;
}

std::string AppLife::take(const Answer& answer, Instant now, Measurements& measurements) {
    auto error = login_ ? login_->take(answer, now, measurements) : driving_.take(answer, now, measurements);
    follow_up(now, measurements);
    return error;
}

void AppLife::follow_up(Instant now, Measurements& measurements) {
    if (login_ && !login_->failure().empty()) {
        ++measurements.given_up[life_.app.family + " " + login_->failure()];
        has_given_up_ = true;
    } else if (login_ && login_->is_done()) {
        next_login_ = login_->next_start();
        driving_.begin(login_->session(), now);
        login_.reset();
    } else if (!login_ && driving_.wants_login()) {
        login_.emplace(life_, std::max(now, next_login_));
    }
}

}  // namespace twinfleet::simulator

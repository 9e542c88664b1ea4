#include "simulator/virtual_driver/pair.hpp"

#include <utility>

namespace twinfleet::simulator {

bool Pair::take_turn(Side side) {
    const std::lock_guard lock(mutex_);
    if (turn_ && *turn_ != side) {
        halves_.at(side).waits_for_turn = true;
        return false;
    }
    turn_ = side;
    return true;
}

void Pair::end_turn(Side side) {
    bool is_awaited = false;
    {
        const std::lock_guard lock(mutex_);
        if (turn_ != side) {
            return;
        }
        turn_.reset();
        is_awaited = std::exchange(halves_.at(other(side)).waits_for_turn, false);
    }
    if (is_awaited) {
        wake_(other(side));
    }
}

void Pair::put_message(std::string text) {
    std::optional<Side> turn;
    {
        const std::lock_guard lock(mutex_);
        message_ = std::move(text);
        turn = turn_;
    }
    if (turn) {
        wake_(*turn);
    }
}

std::optional<std::string> Pair::take_message() {
    const std::lock_guard lock(mutex_);
    return std::exchange(message_, std::nullopt);
}

void Pair::count_code() {
    const std::lock_guard lock(mutex_);
    ++codes_;
}

unsigned Pair::codes() const {
    const std::lock_guard lock(mutex_);
    return codes_;
}

void Pair::begin_session_change(Side side) {
    const std::lock_guard lock(mutex_);
    ++halves_.at(side).session_changes.begun;
}

void Pair::end_session_change(Side side) {
    {
        const std::lock_guard lock(mutex_);
        ++halves_.at(side).session_changes.done;
    }
    wake_(other(side));
}

Pair::SessionChanges Pair::session_changes(Side side) const {
    const std::lock_guard lock(mutex_);
    return halves_.at(side).session_changes;
}

void Pair::set_status(Side side, std::optional<std::string> status) {
    const std::lock_guard lock(mutex_);
    halves_.at(side).status = std::move(status);
}

std::optional<std::string> Pair::status(Side side) const {
    const std::lock_guard lock(mutex_);
    return halves_.at(side).status;
}

void Pair::set_driver_id(Side side, std::string driver_id) {
    const std::lock_guard lock(mutex_);
    halves_.at(side).driver_id = std::move(driver_id);
}

std::string Pair::driver_id(Side side) const {
    const std::lock_guard lock(mutex_);
    return halves_.at(side).driver_id;
}

}  // namespace twinfleet::simulator

#include "simulator/virtual_driver/driving.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "platform/clock/time_text.hpp"
#include "platform/http/percent.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t batches_remembered = 3;
/// So that reading a few batches back takes several pages.
constexpr std::size_t page_limit = 15;
/// About a metre; what a service may lose of a coordinate on the way to its store and back.
constexpr double degrees_lost_max = 1e-5;

std::string other_status(const std::string& status, Random& random) {
    const auto draw = random.below(10);
    if (status == "free") {
        return draw < 8 ? "busy" : "offline";
    }
    return status == "busy" ? (draw < 9 ? "free" : "offline") : "free";
}

/// nullopt for what is no list of positions.
std::optional<std::vector<TrackPoint>> read_points(const Answer& answer) {
    const auto* positions = answer.body.if_contains("positions");
    if (positions == nullptr || !positions->is_array()) {
        return std::nullopt;
    }
    std::vector<TrackPoint> points;
    for (const auto& entry : positions->get_array()) {
        const auto* position = entry.if_object();
        const auto* latitude = position != nullptr ? position->if_contains("lat") : nullptr;
        const auto* longitude = position != nullptr ? position->if_contains("lon") : nullptr;
        const auto* timestamp = position != nullptr ? position->if_contains("timestamp") : nullptr;
        if (latitude == nullptr || !latitude->is_number() || longitude == nullptr || !longitude->is_number() ||
            timestamp == nullptr || !timestamp->is_string()) {
            return std::nullopt;
        }
        const auto time = platform::parse_time(timestamp->get_string());
        if (!time) {
            return std::nullopt;
        }
        points.push_back({*time, {latitude->to_number<double>(), longitude->to_number<double>()}});
    }
    return points;
}

std::optional<std::vector<Rejection>> read_rejections(const Answer& answer) {
    const auto* rejected = answer.body.if_contains("rejected");
    if (rejected == nullptr || !rejected->is_array()) {
        return std::nullopt;
    }
    std::vector<Rejection> rejections;
    for (const auto& entry : rejected->get_array()) {
        const auto* rejection = entry.if_object();
        const auto* index = rejection != nullptr ? rejection->if_contains("index") : nullptr;
        const auto* code = rejection != nullptr ? rejection->if_contains("code") : nullptr;
        if (index == nullptr || !index->is_int64() || code == nullptr || !code->is_string()) {
            return std::nullopt;
        }
        rejections.push_back({static_cast<std::size_t>(index->get_int64()), std::string(code->get_string())});
    }
    std::sort(rejections.begin(), rejections.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    return rejections;
}

bool is_same(const TrackPoint& sent, const TrackPoint& found) {
    return sent.time == found.time && std::abs(sent.place.latitude - found.place.latitude) <= degrees_lost_max &&
           std::abs(sent.place.longitude - found.place.longitude) <= degrees_lost_max;
}

/// What is wrong with a track; empty: nothing. `may_hold_more`: beside what was expected.
std::string track_problem(const std::vector<TrackPoint>& expected, std::vector<TrackPoint> found, bool may_hold_more) {
    if (!std::is_sorted(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.time < b.time; })) {
        return "it is not in the order of time";
    }
    if (may_hold_more) {
        std::erase_if(found, [&](const TrackPoint& point) {
            return std::none_of(expected.begin(), expected.end(),
                                [&](const TrackPoint& sent) { return sent.time == point.time; });
        });
    }
    if (found.size() != expected.size()) {
        return std::to_string(found.size()) + " positions where " + std::to_string(expected.size()) + " were sent";
    }
    for (std::size_t index = 0; index < expected.size(); ++index) {
        if (!is_same(expected[index], found[index])) {
            return "another position than was sent for " + platform::time_text(expected[index].time);
        }
    }
    return {};
}

}  // namespace

Driving::Driving(Life& life, std::unique_ptr<Track> track) : life_(life), track_(std::move(track)) {
    due_.fill(never);
}

Instant Driving::batch_due() const {
    const auto last = next_position_ + life_.settings.position_interval * (life_.settings.batch_size - 1);
    return life_.settings.time.when(last);
}

/// Evenly between half and one and a half of the mean.
Instant Driving::later(Instant now, std::chrono::milliseconds simulated_mean) {
    return now +
           life_.settings.time.real(life_.random.between(0.5, 1.5) * std::chrono::duration<double>(simulated_mean));
}

void Driving::begin(const Session& session, Instant now) {
    const auto& time = life_.settings.time;
    if (session_) {
        // A new session ends the earlier one in the same app.
        ended_token_ = session_->token;
        status_.reset();
        life_.pair.set_status(life_.side, std::nullopt);
    }
    session_ = session;
    wants_login_ = false;
    due_.fill(never);
    reading_.reset();
    if (!ended_token_.empty()) {
        due_of(Task::ended_session) = now;
    }
    changes_outlived_ = life_.pair.session_changes(other(life_.side)).done;
    changes_at_success_ = life_.pair.session_changes(other(life_.side)).begun;

    const auto offset = std::chrono::milliseconds(
        life_.random.below(static_cast<std::uint64_t>(life_.settings.position_interval.count()) + 1));
    // To the millisecond, as time travels.
    next_position_ =
        std::max<platform::Time>(next_position_, std::chrono::ceil<std::chrono::milliseconds>(time.at(now)) + offset);
    if (!track_start_) {
        track_start_ = next_position_;
    }
    due_of(Task::positions) = pending_batch_ ? now : batch_due();
    due_of(Task::status_write) = now;
    due_of(Task::status_read) = is_first_status_ ? now : later(now, life_.settings.check_interval);
    due_of(Task::track_read) = later(now, life_.settings.check_interval);
    if (!began_before_ && time.speed_up() > 1) {
        // It begins in the past, where an earlier run may have been.
        due_of(Task::first_look) = now;
    }
    if (!std::exchange(began_before_, true) && life_.random.chance(life_.settings.log_out_share)) {
        leaving_ = life_.random.chance(0.5) ? Leaving::logs_out : Leaving::takes_new_phone;
        const auto left = std::max(time.end() - now, Instant::zero());
        due_of(Task::leave) = now + std::chrono::duration_cast<Instant>(left * life_.random.between(0.1, 0.8));
    }
}

bool Driving::other_session_changed() const {
    return session_ && life_.pair.session_changes(other(life_.side)).done != changes_outlived_;
}

std::uint64_t Driving::batches_behind(Instant now) const {
    const auto last_due = batch_due();
    if (!session_ || last_due > now) {
        return 0;
    }
    const auto batch = life_.settings.position_interval * static_cast<std::int64_t>(life_.settings.batch_size);
    return 1 + static_cast<std::uint64_t>((life_.settings.time.at(now) - life_.settings.time.at(last_due)) / batch);
}

Instant Driving::due() const {
    return *std::min_element(due_.begin(), due_.end());
}

std::optional<Request> Driving::next(Instant now, Measurements& measurements) {
    if (other_session_changed()) {
        due_of(Task::status_read) = std::min(due_of(Task::status_read), now);
    }
    while (due() <= now) {
        const auto first = std::min_element(due_.begin(), due_.end()) - due_.begin();
        changes_at_request_ = life_.pair.session_changes(other(life_.side));
        if (auto request = begin_task(static_cast<Task>(first), now, measurements)) {
            return request;
        }
    }
    return std::nullopt;
}

Request Driving::request(Task task, Operation operation, std::string method, std::string target,
                         std::string body) const {
    return {.operation = operation,
            .due = due_.at(static_cast<std::size_t>(task)),
            .method = std::move(method),
            .target = std::move(target),
            .body = std::move(body),
            .session_token = task == Task::ended_session ? ended_token_ : session_->token};
}

/// nullopt: there is nothing to do, and the task has another time.
std::optional<Request> Driving::begin_task(Task task, Instant now, Measurements& measurements) {
    task_ = task;
    switch (task) {
        case Task::ended_session:
            return request(task, Operation::status_read, "GET", "/v1/driver/status");
        case Task::first_look:
            return request(task, Operation::track_read, "GET",
                           "/v1/driver/track?from=" + platform::time_text(next_position_) + "&to=" +
                               platform::time_text(life_.settings.time.wall(life_.settings.time.end())) + "&limit=1");
        case Task::positions:
            return send_positions(now, measurements);
        case Task::status_write:
            return write_status();
        case Task::status_read:
            return read_status(now);
        case Task::track_read:
            return read_track(now);
        case Task::leave:
            break;
    }
    if (leaving_ == Leaving::takes_new_phone) {
        due_.fill(never);
        wants_login_ = true;
        return std::nullopt;
    }
    life_.pair.begin_session_change(life_.side);
    return request(task, Operation::log_out, "POST", "/v1/logout");
}

Request Driving::send_positions(Instant now, Measurements& measurements) {
    const auto& settings = life_.settings;
    if (std::exchange(due_of(Task::first_look), never) != never) {
        // Nobody knows any more whose positions those are.
        has_used_track_ = true;
        ++measurements.used_tracks;
    }
    if (!pending_batch_) {
        const BatchPlan plan{.first = next_position_,
                             .interval = settings.position_interval,
                             .count = settings.batch_size,
                             .is_shuffled = life_.random.chance(settings.shuffled_share),
                             .has_bad_position = life_.random.chance(settings.bad_share)};
        pending_batch_ = make_batch(plan, *track_, *track_start_, settings.time.wall(now), life_.random);
        repeats_batch_ = life_.random.chance(settings.repeated_share);
        next_position_ += settings.position_interval * settings.batch_size;
    }
    measurements.positions_sent += pending_batch_->positions;
    return request(Task::positions, Operation::positions, "POST", "/v1/driver/positions", pending_batch_->body);
}

Request Driving::write_status() {
    if (wanted_status_.empty() || status_ == wanted_status_) {
        wanted_status_ = other_status(status_.value_or("offline"), life_.random);
    }
    status_.reset();
    is_first_status_ = false;
    life_.pair.set_status(life_.side, std::nullopt);
    return request(Task::status_write, Operation::status_write, "PUT", "/v1/driver/status",
                   R"({"status":")" + wanted_status_ + "\"}");
}

std::optional<Request> Driving::read_status(Instant now) {
    if (!status_ && !other_session_changed()) {
        due_of(Task::status_read) = later(now, life_.settings.check_interval);
        return std::nullopt;
    }
    const auto theirs = life_.pair.status(other(life_.side));
    was_telling_ = status_ && theirs && theirs != status_;
    return request(Task::status_read, Operation::status_read, "GET", "/v1/driver/status");
}

std::optional<Request> Driving::read_track(Instant now) {
    if (!reading_) {
        if (stored_.empty()) {
            due_of(Task::track_read) = later(now, life_.settings.check_interval);
            return std::nullopt;
        }
        reading_ = TrackReading{};
        const auto batches = 1 + life_.random.below(stored_.size());
        for (auto batch = stored_.end() - static_cast<std::ptrdiff_t>(batches); batch != stored_.end(); ++batch) {
            reading_->expected.insert(reading_->expected.end(), batch->begin(), batch->end());
        }
    }
    const auto& expected = reading_->expected;
    auto target = "/v1/driver/track?from=" + platform::time_text(expected.front().time) +
                  "&to=" + platform::time_text(expected.back().time + 1ms) + "&limit=" + std::to_string(page_limit);
    if (!reading_->cursor.empty()) {
        target += "&cursor=" + http::percent_encode(reading_->cursor);
    }
    return request(Task::track_read, Operation::track_read, "GET", std::move(target));
}

std::string Driving::take(const Answer& answer, Instant now, Measurements& measurements) {
    if (task_ == Task::ended_session) {
        return take_ended_session(answer, now, measurements);
    }
    if (task_ == Task::leave) {
        return take_leave(answer, now);
    }
    if (answer.status == 401) {
        return lose_session(answer, measurements);
    }
    if (answer.status / 100 == 2) {
        changes_at_success_ = changes_at_request_.begun;
    } else if (answer.status == 0 || answer.status >= 429) {
        // The same again later, apart from what was read so far.
        reading_.reset();
        due_of(task_) = retry_at(answer, now);
        return error_of(answer);
    }
    switch (task_) {
        case Task::first_look:
            return take_first_look(answer, measurements);
        case Task::positions:
            return take_positions(answer, now, measurements);
        case Task::status_write:
            return take_status_write(answer, now);
        case Task::status_read:
            return take_status_read(answer, now, measurements);
        default:
            return take_track_read(answer, now, measurements);
    }
}

std::string Driving::lose_session(const Answer& answer, Measurements& measurements) {
    if (life_.pair.session_changes(other(life_.side)).begun != changes_at_success_) {
        measurements.checked(Check::log_out, false, life_.name + ": the session ended with one of the other app");
    }
    end_session();
    status_.reset();
    life_.pair.set_status(life_.side, std::nullopt);
    wants_login_ = true;
    return error_of(answer);
}

void Driving::end_session() {
    session_.reset();
    due_.fill(never);
    reading_.reset();
}

std::string Driving::take_ended_session(const Answer& answer, Instant now, Measurements& measurements) {
    if (answer.status == 0 || answer.status >= 429) {
        due_of(Task::ended_session) = retry_at(answer, now);
        return error_of(answer);
    }
    const bool has_ended = answer.status == 401 && answer.code() == "session_ended";
    measurements.checked(Check::ended_session, has_ended, life_.name + ": the earlier session still answers");
    due_of(Task::ended_session) = never;
    ended_token_.clear();
    // Logged out, it was the last thing to do.
    wants_login_ = !session_;
    return {};
}

std::string Driving::take_first_look(const Answer& answer, Measurements& measurements) {
    due_of(Task::first_look) = never;
    const auto points = read_points(answer);
    if (!points || !points->empty()) {
        has_used_track_ = true;
        ++measurements.used_tracks;
    }
    return points ? "" : error_of(answer);
}

std::string Driving::take_positions(const Answer& answer, Instant now, Measurements& measurements) {
    if (answer.status != 200) {
        // What has become of it is unknown, and trying again does not help.
        pending_batch_.reset();
        stored_.clear();
        due_of(Task::positions) = batch_due();
        return error_of(answer);
    }
    const auto accepted = answer.integer("accepted");
    const auto rejections = read_rejections(answer);
    const bool is_right =
        accepted == static_cast<std::int64_t>(pending_batch_->accepted) && rejections == pending_batch_->rejections;
    measurements.checked(Check::rejections, is_right,
                         life_.name + ": " + std::to_string(accepted.value_or(-1)) + " positions accepted where " +
                             std::to_string(pending_batch_->accepted) + " were good, or other reasons");
    measurements.positions_accepted += static_cast<std::uint64_t>(accepted.value_or(0));
    measurements.positions_rejected += rejections ? rejections->size() : 0;
    if (is_right && std::exchange(repeats_batch_, false)) {
        due_of(Task::positions) = now;
        return {};
    }
    if (is_right) {
        stored_.push_back(std::move(pending_batch_->stored));
        if (stored_.size() > batches_remembered) {
            stored_.pop_front();
        }
    } else {
        stored_.clear();
    }
    pending_batch_.reset();
    due_of(Task::positions) = batch_due();
    return {};
}

std::string Driving::take_status_write(const Answer& answer, Instant now) {
    due_of(Task::status_write) = later(now, life_.settings.status_interval);
    if (answer.status / 100 != 2) {
        return error_of(answer);
    }
    status_ = wanted_status_;
    life_.pair.set_status(life_.side, status_);
    return {};
}

std::string Driving::take_status_read(const Answer& answer, Instant now, Measurements& measurements) {
    due_of(Task::status_read) = later(now, life_.settings.check_interval);
    if (answer.status != 200) {
        return error_of(answer);
    }
    const auto found = std::string(answer.text("status"));
    const bool is_right = !status_ || found == *status_;
    const auto example = life_.name + ": the status is " + found + ", " + status_.value_or("unknown") + " was set";
    if (changes_at_request_.done != changes_outlived_) {
        changes_outlived_ = changes_at_request_.done;
        measurements.checked(Check::log_out, is_right, example);
    }
    if (std::exchange(is_first_status_, false)) {
        measurements.checked(Check::offline_after_log_out, is_right, example);
    } else if (was_telling_ || !is_right) {
        measurements.checked(Check::status, is_right, example);
    }
    return {};
}

std::string Driving::take_track_read(const Answer& answer, Instant now, Measurements& measurements) {
    due_of(Task::track_read) = later(now, life_.settings.check_interval);
    const auto points = answer.status == 200 ? read_points(answer) : std::nullopt;
    if (!points) {
        reading_.reset();
        return answer.status == 200 ? "200 no_track" : error_of(answer);
    }
    reading_->found.insert(reading_->found.end(), points->begin(), points->end());
    reading_->cursor = answer.text("next_cursor");
    ++reading_->pages;
    // A page that gives nothing but a cursor must not go on for ever.
    if (!reading_->cursor.empty() && reading_->pages <= reading_->expected.size() &&
        reading_->found.size() <= 2 * reading_->expected.size()) {
        due_of(Task::track_read) = now;
        return {};
    }
    finish_track_reading(measurements);
    return {};
}

void Driving::finish_track_reading(Measurements& measurements) {
    const auto problem = track_problem(reading_->expected, std::move(reading_->found), has_used_track_);
    measurements.checked(Check::track, problem.empty(), life_.name + ": " + problem);
    reading_.reset();
}

std::string Driving::take_leave(const Answer& answer, Instant now) {
    // 401: an attempt whose answer was lost has done it.
    if (answer.status / 100 != 2 && answer.status != 401) {
        due_of(Task::leave) = retry_at(answer, now);
        return error_of(answer);
    }
    ended_token_ = session_->token;
    end_session();
    status_ = "offline";
    is_first_status_ = true;
    life_.pair.set_status(life_.side, status_);
    life_.pair.end_session_change(life_.side);
    due_of(Task::ended_session) = now;
    return answer.status == 401 ? error_of(answer) : "";
}

}  // namespace twinfleet::simulator

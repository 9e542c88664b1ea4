#include "capabilities/driver_sessions/revocation/stops.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <xxhash.h>

#include "platform/concurrency/backoff.hpp"

namespace twinfleet::driver_sessions {
namespace {

using driver_cache::Driver;
using driver_cache::Park;
using driver_cache::WorkStatus;

bool works(const Driver& driver) {
    return driver.work_status == WorkStatus::working;
}

/// Whether a session that began before the change may not live on after it.
bool is_a_stop(const Driver& before, const Driver* after) {
    return after == nullptr || works(before) != works(*after) || before.park_id != after->park_id;
}

/// Stands for what decides in a document, and for nothing else of it: the same on every replica, whatever version of
/// the document it saw the change in.
std::uint64_t version_of(std::string_view state, std::string_view park_id) {
    const std::string what = std::string(state) + '\n' + std::string(park_id);
    return XXH3_64bits(what.data(), what.size());
}

std::uint64_t version_of(const Driver* driver) {
    return driver == nullptr ? version_of("removed", "")
                             : version_of(works(*driver) ? "works" : "does not work", driver->park_id);
}

std::uint64_t version_of(const Park* park) {
    return version_of(park == nullptr ? "removed" : park->is_active ? "active" : "not active", "");
}

}  // namespace

Stops::Stops(RedisRevocations& revocations, PhoneDigest phone_digest)
    : revocations_(revocations), phone_digest_(std::move(phone_digest)) {}

void Stops::driver_changed(const Driver& before, const Driver* after, std::uint64_t document_hash) {
    if (is_a_stop(before, after)) {
        revocations_.note(driver_stopped_subject(before.id), version_of(after));
        return;
    }
    for (const std::string& phone : before.phones) {
        if (std::find(after->phones.begin(), after->phones.end(), phone) == after->phones.end()) {
            revocations_.note(phone_removed_subject(before.id, phone_digest_(phone)), document_hash);
        }
    }
}

void Stops::park_changed(const Park& before, const Park* after, std::uint64_t /*document_hash*/) {
    if (after == nullptr || before.is_active != after->is_active) {
        revocations_.note(park_stopped_subject(before.id), version_of(after));
    }
}

NoteWriter::NoteWriter(RedisRevocations& revocations, log::Logger& log)
    : thread_([&revocations, &log](const std::stop_token& stop) {
          platform::Backoff backoff(retry_first, retry_longest);
          bool is_failing = false;
          while (revocations.wait_for_notes(stop)) {
              try {
                  revocations.flush();
                  backoff.reset();
                  if (std::exchange(is_failing, false)) {
                      log.info("what ends sessions is written again");
                  }
              } catch (const std::exception& error) {
                  if (!std::exchange(is_failing, true)) {
                      log.warning("what ends sessions cannot be written", {{"reason", error.what()}});
                  }
                  // At the end of the program there is one more try, and no pause after it.
                  if (!platform::wait_for(stop, backoff.next())) {
                      break;
                  }
              }
          }
      }) {}

}  // namespace twinfleet::driver_sessions

#include "capabilities/mirroring/stores/write_isolation_mongo.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t parts_of_a_suspect = 10;

}  // namespace

bool concerns_whole_store(int mongo_code) noexcept {
    // Names and numbers: github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml. What passes by itself is
    // StoreUnavailable already.
    constexpr std::array codes{
        13,     // Unauthorized
        50,     // MaxTimeMSExpired
        64,     // WriteConcernFailed
        79,     // UnknownReplWriteConcern
        100,    // UnsatisfiableWriteConcern
        8000,   // AtlasError: over the quota, for one
        13297,  // DatabaseDifferCase
        14031,  // OutOfDiskSpace
    };
    return std::ranges::find(codes, mongo_code) != codes.end();
}

void send_isolating_poison(std::size_t count, std::size_t breaks_max, const std::function<void(WritePlaces)>& send,
                           const std::function<void()>& check_store, const std::function<void(std::size_t)>& refuse) {
    std::vector<std::size_t> places(count);
    std::iota(places.begin(), places.end(), std::size_t{0});

    struct Part {
        WritePlaces writes;
        std::size_t breaks = 0;
    };
    std::vector<Part> parts;
    if (count > 0) {
        parts.push_back({.writes = places});
    }
    // Once a poison is known to be around, only the suspect that is left alone gets the benefit of the doubt.
    bool poison_is_around = false;
    while (!parts.empty()) {
        Part part = parts.back();
        parts.pop_back();
        try {
            send(part.writes);
            continue;
        } catch (const platform::StoreRefused& refusal) {
            if (concerns_whole_store(refusal.code())) {
                throw;
            }
            check_store();
        } catch (const platform::ConnectionBroken&) {
            check_store();
            ++part.breaks;
            if (part.breaks < breaks_max && (!poison_is_around || part.writes.size() == 1)) {
                parts.push_back(part);
                continue;
            }
        }
        poison_is_around = true;
        if (part.writes.size() == 1) {
            refuse(part.writes.front());
            continue;
        }
        // A broken connection costs half a second (libmongoc's minHeartbeatFrequencyMS), so few breaks count more than
        // few sends.
        const std::size_t share = (part.writes.size() + parts_of_a_suspect - 1) / parts_of_a_suspect;
        for (std::size_t start = 0; start < part.writes.size(); start += share) {
            parts.push_back({.writes = part.writes.subspan(start, std::min(share, part.writes.size() - start))});
        }
    }
}

}  // namespace twinfleet::mirroring

#pragma once

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/changes/link_changes.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::mirroring::testing {

/// Changes of links in memory, the same for every entity: those that a test puts there.
class FakeLinkChanges final : public LinkChanges {
private:
    struct Data {
        std::vector<LinkChange> changes;
        std::int64_t last = 0;
        std::int64_t forgotten_until = 0;
        std::exception_ptr failure;
        std::size_t calls = 0;
    };
    template <typename Action>
    auto call(const Action& action) {
        return data_.with([&](Data& data) {
            ++data.calls;
            if (data.failure) {
                std::rethrow_exception(data.failure);
            }
            return action(data);
        });
    }

public:
    /// Adds a change with the next position, of a link named after that position.
    void add(LinkState state = LinkState::linked) {
        data_.with([&](Data& data) {
            const std::int64_t position = ++data.last;
            const std::string name = std::to_string(position);
            data.changes.push_back({.position = position,
                                    .family = "vezet",
                                    .parent_id = domain::ParentId("parent " + name),
                                    .parent_park_id = domain::ParentParkId("park " + name),
                                    .child_id = domain::ChildId("child " + name),
                                    .child_park_id = domain::ChildParkId("child park " + name),
                                    .state = state,
                                    .at = Time(std::chrono::seconds(1'700'000'000))});
        });
    }
    void forget_until(std::int64_t position) {
        data_.with([&](Data& data) {
            data.forgotten_until = position;
            std::erase_if(data.changes, [&](const LinkChange& change) { return change.position <= position; });
        });
    }
    /// What every call throws from now on; nullptr: nothing.
    void fail(const std::exception_ptr& failure) {
        data_.with([&](Data& data) { data.failure = failure; });
    }
    /// How many calls there were.
    [[nodiscard]] std::size_t calls() const {
        return data_.with([](const Data& data) { return data.calls; });
    }

    [[nodiscard]] std::optional<LinkChangesRead> read(const Entity& /*entity*/, std::optional<std::int64_t> after,
                                                      std::size_t limit) override {
        return call([&](const Data& data) -> std::optional<LinkChangesRead> {
            const std::int64_t from = after.value_or(data.forgotten_until);
            if (from < data.forgotten_until || from > data.last) {
                return std::nullopt;
            }
            LinkChangesRead read{.changes = {}, .next = from};
            for (const LinkChange& change : data.changes) {
                if (change.position > from && read.changes.size() < limit) {
                    read.changes.push_back(change);
                    read.next = change.position;
                }
            }
            return read;
        });
    }
    [[nodiscard]] std::int64_t last_position(const Entity& /*entity*/) override {
        return call([](const Data& data) { return data.last; });
    }
    void prune(std::chrono::hours /*kept_for*/) override {}

private:
    platform::Guarded<Data> data_;
};

}  // namespace twinfleet::mirroring::testing

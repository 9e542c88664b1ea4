#include "capabilities/mirroring/creation/child_creator.hpp"

#include <atomic>
#include <latch>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;

const domain::AppFamily family{"vezet"};
using Ids = std::span<const domain::ParentId>;

std::vector<CreationAnswer> made(Ids ids) {
    std::vector<CreationAnswer> answers;
    for (const auto& id : ids) {
        answers.emplace_back(
            ChildDriver{.family = family, .driver_id = domain::ChildId("child of " + id.value()), .created = true});
    }
    return answers;
}

/// What callers were told; complete once the creator has ended.
class Told {
public:
    ChildCreator::Done done() {
        return [this](const CreationAnswer* answer, const std::exception_ptr& failure) {
            lines_.with([&](auto& lines) {
                if (failure) {
                    lines.emplace_back("failed");
                } else if (const auto* child = std::get_if<ChildDriver>(answer)) {
                    lines.push_back((child->created ? "made " : "was there ") + child->driver_id.value());
                } else {
                    lines.emplace_back(to_string(std::get<CreationRefused>(*answer).refusal));
                }
            });
        };
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        return lines_.with([](const auto& lines) { return lines; });
    }

private:
    platform::Guarded<std::vector<std::string>> lines_;
};

TEST(ChildCreator, SharesOneCreationAmongThoseWhoAskForOneDriver) {
    std::latch begun(1);
    std::latch go_on(1);
    std::atomic<int> creations = 0;
    Told told;
    {
        ChildCreator creator([&](const domain::AppFamily&, Ids ids) {
            ++creations;
            begun.count_down();
            go_on.wait();
            return made(ids);
        });
        ASSERT_TRUE(creator.ask(family, domain::ParentId("a"), told.done()));
        begun.wait();
        ASSERT_TRUE(creator.ask(family, domain::ParentId("a"), told.done()));
        ASSERT_TRUE(creator.ask(family, domain::ParentId("a"), told.done()));
        go_on.count_down();
    }
    EXPECT_EQ(creations, 1);
    EXPECT_THAT(told.lines(), ElementsAre("made child of a", "was there child of a", "was there child of a"));
}

TEST(ChildCreator, OneDriverThatCannotBeMadeLeavesTheOthersAlone) {
    std::latch begun(1);
    std::latch go_on(1);
    Told told;
    {
        ChildCreator creator(
            [&](const domain::AppFamily&, Ids ids) {
                if (ids.front().value() == "first") {
                    begun.count_down();
                    go_on.wait();
                }
                for (const auto& id : ids) {
                    if (id.value() == "bad") {
                        throw platform::StoreRefused("PostgreSQL", 0, "no");
                    }
                }
                return made(ids);
            },
            {.threads = 1});
        ASSERT_TRUE(creator.ask(family, domain::ParentId("first"), told.done()));
        begun.wait();
        for (const char* id : {"a", "bad", "b"}) {
            ASSERT_TRUE(creator.ask(family, domain::ParentId(id), told.done()));
        }
        go_on.count_down();
    }
    EXPECT_THAT(told.lines(), ElementsAre("made child of first", "made child of a", "failed", "made child of b"));
}

TEST(ChildCreator, RefusesWhenTooManyWait) {
    std::latch go_on(1);
    Told told;
    {
        ChildCreator creator(
            [&](const domain::AppFamily&, Ids ids) {
                go_on.wait();
                return made(ids);
            },
            {.threads = 1, .requests_max = 2});
        ASSERT_TRUE(creator.ask(family, domain::ParentId("a"), told.done()));
        ASSERT_TRUE(creator.ask(family, domain::ParentId("a"), told.done()));
        EXPECT_FALSE(creator.ask(family, domain::ParentId("b"), told.done()));
        go_on.count_down();
    }
    EXPECT_EQ(told.lines().size(), 2U);
}

}  // namespace
}  // namespace twinfleet::mirroring

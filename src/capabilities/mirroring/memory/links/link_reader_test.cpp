#include "capabilities/mirroring/memory/links/link_reader.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using Texts = std::vector<std::string>;

std::vector<LinkAnswer> echo(std::span<const std::string> ids) {
    std::vector<LinkAnswer> answers;
    for (const std::string& id : ids) {
        answers.push_back({id, LinkRole::parent, {}});
    }
    return answers;
}

/// Answers from a thread of the reader.
class Awaited {
public:
    LinkReader::Done done() {
        return [promise = promise_](std::span<const LinkAnswer> answers, const std::exception_ptr& failure) {
            if (failure) {
                promise->set_exception(failure);
                return;
            }
            Texts ids;
            for (const LinkAnswer& answer : answers) {
                ids.push_back(answer.id);
            }
            promise->set_value(std::move(ids));
        };
    }
    Texts get() { return promise_->get_future().get(); }

private:
    std::shared_ptr<std::promise<Texts>> promise_ = std::make_shared<std::promise<Texts>>();
};

TEST(LinkReader, AsksTogetherWhatCameDuringAQuery) {
    std::latch asked(1);
    std::latch go_on(1);
    std::atomic<int> queries = 0;
    LinkReader reader(
        [&](const Entity&, std::span<const std::string> ids) {
            if (++queries == 1) {
                asked.count_down();
                go_on.wait();
            }
            return echo(ids);
        },
        {.threads = 1});
    Awaited first;
    Awaited second;
    Awaited third;
    ASSERT_TRUE(reader.ask(entity("cars"), {"a"}, first.done()));
    asked.wait();
    ASSERT_TRUE(reader.ask(entity("cars"), {"b", "c"}, second.done()));
    ASSERT_TRUE(reader.ask(entity("cars"), {"c"}, third.done()));
    go_on.count_down();
    EXPECT_THAT(first.get(), ElementsAre("a"));
    EXPECT_THAT(second.get(), ElementsAre("b", "c"));
    EXPECT_THAT(third.get(), ElementsAre("c"));
    EXPECT_EQ(queries, 2);
}

TEST(LinkReader, RefusesWhenTooMuchWaits) {
    std::latch asked(1);
    std::latch go_on(1);
    LinkReader reader(
        [&](const Entity&, std::span<const std::string> ids) {
            if (ids.front() == "first") {
                asked.count_down();
                go_on.wait();
            }
            return echo(ids);
        },
        {.threads = 1, .ids_waiting_max = 2});
    Awaited first;
    Awaited second;
    ASSERT_TRUE(reader.ask(entity("cars"), {"first"}, first.done()));
    asked.wait();
    ASSERT_TRUE(reader.ask(entity("cars"), {"a", "b"}, second.done()));
    EXPECT_FALSE(reader.ask(entity("cars"), {"c"}, [](auto, const auto&) { FAIL(); }));
    go_on.count_down();
    EXPECT_THAT(second.get(), ElementsAre("a", "b"));
}

TEST(LinkReader, HandsOnWhatTheSourceThrows) {
    LinkReader reader([](const Entity&, std::span<const std::string>) -> std::vector<LinkAnswer> {
        throw std::runtime_error("away");
    });
    Awaited answer;
    ASSERT_TRUE(reader.ask(entity("cars"), {"a"}, answer.done()));
    EXPECT_THROW(answer.get(), std::runtime_error);
}

TEST(LinkReader, AnswersWhatItAcceptedBeforeItEnds) {
    std::atomic<int> answered = 0;
    {
        LinkReader reader([](const Entity&, std::span<const std::string> ids) { return echo(ids); }, {.threads = 1});
        for (int i = 0; i < 100; ++i) {
            ASSERT_TRUE(
                reader.ask(entity(i % 2 == 0 ? "cars" : "parks"), {"a"}, [&](auto, const auto&) { ++answered; }));
        }
    }
    EXPECT_EQ(answered, 100);
}

}  // namespace
}  // namespace twinfleet::mirroring

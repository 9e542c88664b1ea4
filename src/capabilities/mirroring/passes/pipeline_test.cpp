#include "capabilities/mirroring/passes/pipeline.hpp"

#include <atomic>
#include <stdexcept>

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

/// `batches` batches of one document of `bytes` bytes each.
class CountedStream final : public DocumentStream {
public:
    CountedStream(int batches, std::size_t bytes) : left_(batches), bytes_(bytes) {}
    bool next(DocumentBatch& batch) override {
        batch.clear();
        if (left_ == 0) {
            return false;
        }
        --left_;
        bson::Builder document;
        document.int32("number", ++number_).string("text", std::string(bytes_, 'x'));
        batch.add(document.take());
        return true;
    }

private:
    int left_;
    int number_ = 0;
    std::size_t bytes_;
};

class PipelineTest : public ::testing::TestWithParam<Execution> {
protected:
    static std::int64_t number_of(const MirrorBatch& batch) {
        return (*batch.documents.front())[0].find("number")->integer().value();
    }
    BatchSteps steps() {
        return {
            .gather =
                [this](DocumentBatch&& documents) {
                    auto batch = std::make_unique<MirrorBatch>();
                    bytes_in_flight_ += documents.size_bytes();
                    most_bytes_in_flight_ = std::max(most_bytes_in_flight_.load(), bytes_in_flight_.load());
                    batch->documents.push_back(std::make_unique<DocumentBatch>(std::move(documents)));
                    fail_at("gather", *batch);
                    return batch;
                },
            .prepare =
                [this](MirrorBatch& batch) {
                    prepared_.push_back(number_of(batch));
                    fail_at("prepare", batch);
                },
            .write =
                [this](MirrorBatch& batch) {
                    written_.push_back(number_of(batch));
                    fail_at("write", batch);
                },
            .finish =
                [this](MirrorBatch& batch) {
                    finished_.push_back(number_of(batch));
                    bytes_in_flight_ -= batch.documents.front()->size_bytes();
                    fail_at("finish", batch);
                },
        };
    }
    void fail_at(const std::string& step, const MirrorBatch& batch) const {
        if (step == failing_step_ && number_of(batch) == 3) {
            throw std::runtime_error(step);
        }
    }

    std::string failing_step_;
    std::vector<std::int64_t> prepared_;
    std::vector<std::int64_t> written_;
    std::vector<std::int64_t> finished_;
    std::atomic<std::size_t> bytes_in_flight_{0};
    std::atomic<std::size_t> most_bytes_in_flight_{0};
    static constexpr std::size_t plenty = 1'000'000;
};

TEST_P(PipelineTest, TakesEveryBatchThroughEveryStepInOrder) {
    for (const int batches : {0, 1, 2, 3, 50}) {
        prepared_.clear();
        written_.clear();
        finished_.clear();
        CountedStream stream(batches, 10);
        EXPECT_TRUE(run_pipeline(stream, steps(), GetParam(), plenty, {}));
        std::vector<std::int64_t> expected;
        for (int i = 1; i <= batches; ++i) {
            expected.push_back(i);
        }
        EXPECT_EQ(prepared_, expected);
        EXPECT_EQ(written_, expected);
        EXPECT_EQ(finished_, expected);
    }
}

TEST_P(PipelineTest, ThrowsWhatAStepThrowsAndCommitsNothingBehindIt) {
    for (const std::string step : {"gather", "prepare", "write", "finish"}) {
        failing_step_ = step;
        finished_.clear();
        CountedStream stream(50, 10);
        try {
            static_cast<void>(run_pipeline(stream, steps(), GetParam(), plenty, {}));
            FAIL() << "nothing was thrown by " << step;
        } catch (const std::runtime_error& failure) {
            EXPECT_EQ(failure.what(), step);
        }
        EXPECT_LE(finished_.size(), 3U);
    }
}

TEST_P(PipelineTest, FinishesWhatItHasInHandWhenItIsStopped) {
    std::stop_source stop;
    auto stopping = steps();
    const auto write = stopping.write;
    stopping.write = [&](MirrorBatch& batch) {
        write(batch);
        if (number_of(batch) == 5) {
            stop.request_stop();
        }
    };
    CountedStream stream(100'000, 10);
    EXPECT_FALSE(run_pipeline(stream, stopping, GetParam(), plenty, stop.get_token()));
    EXPECT_EQ(written_, finished_);
    EXPECT_GE(written_.size(), 5U);
    EXPECT_LT(written_.size(), 100U);
}

INSTANTIATE_TEST_SUITE_P(Executions, PipelineTest, ::testing::Values(Execution::threads, Execution::inline_),
                         [](const auto& execution) {
                             return execution.param == Execution::threads ? "Threads" : "Inline";
                         });

using PipelineInThreads = PipelineTest;

TEST_P(PipelineInThreads, BoundsTheBytesOnTheirWay) {
    constexpr std::size_t document_bytes = 1'000;
    constexpr std::size_t limit = 2'500;
    CountedStream stream(60, document_bytes);
    EXPECT_TRUE(run_pipeline(stream, steps(), GetParam(), limit, {}));
    EXPECT_LE(most_bytes_in_flight_, limit);
    CountedStream large(5, 10 * limit);
    EXPECT_TRUE(run_pipeline(large, steps(), GetParam(), limit, {})) << "one that is larger than the limit goes alone";
}

INSTANTIATE_TEST_SUITE_P(Threads, PipelineInThreads, ::testing::Values(Execution::threads),
                         [](const auto&) { return "Threads"; });

}  // namespace
}  // namespace twinfleet::mirroring

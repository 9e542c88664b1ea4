#include "capabilities/mirroring/passes/pipeline.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "platform/concurrency/handover.hpp"

namespace twinfleet::mirroring {
namespace {

/// Bytes of the batches between reading and the end of finish.
class BytesInFlight {
public:
    explicit BytesInFlight(std::size_t limit) : limit_(limit) {}

    void enter(std::size_t bytes) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return bytes_ == 0 || bytes_ + bytes <= limit_ || is_failed_; });
        bytes_ += bytes;
        order_.push_back(bytes);
    }
    /// The oldest batch is done.
    void leave() {
        const std::lock_guard lock(mutex_);
        bytes_ -= order_.front();
        order_.pop_front();
        changed_.notify_all();
    }
    void fail() {
        const std::lock_guard lock(mutex_);
        is_failed_ = true;
        changed_.notify_all();
    }

private:
    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t bytes_ = 0;
    std::deque<std::size_t> order_;
    bool is_failed_ = false;
};

using Batches = platform::Handover<std::unique_ptr<MirrorBatch>>;

bool run_in_threads(DocumentBatch first, DocumentBatch second, DocumentStream& stream, const BatchSteps& steps,
                    std::size_t bytes_in_flight_max, std::stop_token stop) {
    platform::Handover<DocumentBatch> read;
    Batches gathered;
    Batches prepared;
    Batches written;
    BytesInFlight in_flight(bytes_in_flight_max);
    std::mutex failure_mutex;
    std::exception_ptr failure;
    const auto guarded = [&](auto&& step) {
        try {
            step();
        } catch (...) {
            {
                const std::lock_guard lock(failure_mutex);
                if (!failure) {
                    failure = std::current_exception();
                }
            }
            read.fail();
            gathered.fail();
            prepared.fail();
            written.fail();
            in_flight.fail();
        }
    };
    const auto pass_on = [&](Batches& from, const std::function<void(MirrorBatch&)>& step, Batches& to) {
        guarded([&] {
            while (auto batch = from.take()) {
                step(**batch);
                if (!to.put(std::move(*batch))) {
                    return;
                }
            }
            to.close();
        });
    };

    bool was_read_to_the_end = false;
    {
        std::jthread gatherer([&] {
            guarded([&] {
                while (auto documents = read.take()) {
                    if (!gathered.put(steps.gather(std::move(*documents)))) {
                        return;
                    }
                }
                gathered.close();
            });
        });
        std::jthread preparer([&] { pass_on(gathered, steps.prepare, prepared); });
        std::jthread writer([&] { pass_on(prepared, steps.write, written); });
        std::jthread finisher([&] {
            guarded([&] {
                while (auto batch = written.take()) {
                    steps.finish(**batch);
                    batch->reset();
                    in_flight.leave();
                }
            });
        });
        guarded([&] {
            const auto send = [&](DocumentBatch documents) {
                in_flight.enter(documents.size_bytes());
                return read.put(std::move(documents));
            };
            bool goes_on = send(std::move(first)) && send(std::move(second));
            while (goes_on && !stop.stop_requested()) {
                DocumentBatch documents;
                if (!stream.next(documents)) {
                    was_read_to_the_end = true;
                    break;
                }
                goes_on = send(std::move(documents));
            }
            read.close();
        });
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    return was_read_to_the_end;
}

bool run_inline(DocumentStream& stream, const BatchSteps& steps, std::stop_token stop) {
    std::unique_ptr<MirrorBatch> gathered;
    std::unique_ptr<MirrorBatch> prepared;
    std::unique_ptr<MirrorBatch> written;
    bool was_read_to_the_end = false;
    bool is_over = false;
    while (!is_over || gathered || prepared || written) {
        std::unique_ptr<MirrorBatch> next;
        if (!is_over) {
            DocumentBatch documents;
            is_over = stop.stop_requested() || (was_read_to_the_end = !stream.next(documents));
            if (!is_over) {
                next = steps.gather(std::move(documents));
            }
        }
        if (gathered) {
            steps.prepare(*gathered);
        }
        if (prepared) {
            steps.write(*prepared);
        }
        if (written) {
            steps.finish(*written);
        }
        written = std::move(prepared);
        prepared = std::move(gathered);
        gathered = std::move(next);
    }
    return was_read_to_the_end;
}

}  // namespace

bool run_pipeline(DocumentStream& stream, const BatchSteps& steps, Execution execution, std::size_t bytes_in_flight_max,
                  std::stop_token stop) {
    if (execution == Execution::inline_) {
        return run_inline(stream, steps, stop);
    }
    // Most incremental passes read one batch or none; they need no threads.
    DocumentBatch first;
    if (stop.stop_requested()) {
        return false;
    }
    if (!stream.next(first)) {
        return true;
    }
    DocumentBatch second;
    if (stream.next(second)) {
        return run_in_threads(std::move(first), std::move(second), stream, steps, bytes_in_flight_max, stop);
    }
    const auto batch = steps.gather(std::move(first));
    steps.prepare(*batch);
    steps.write(*batch);
    steps.finish(*batch);
    return true;
}

}  // namespace twinfleet::mirroring

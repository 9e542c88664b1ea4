#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace twinfleet::mongo {

/// Chooses how many documents the next answer of a cursor should hold, from the size of recent documents.
class BatchSizer {
public:
    /// `size_max` is the most documents in an answer, and `bytes_target` is how many bytes an answer should hold.
    BatchSizer(std::uint32_t size_max, std::size_t bytes_target)
        : size_max_(std::max(size_max, 1U)), bytes_target_(bytes_target) {}

    /// Notes the size of a document that was read.
    void add(std::size_t document_bytes) noexcept {
        bytes_ += document_bytes;
        ++documents_;
        if (documents_ == window_documents) {
            bytes_ /= 2;
            documents_ /= 2;
        }
    }

    /// The number of documents for the next answer, from 1 to `size_max`. Requires a call of add() before.
    [[nodiscard]] std::uint32_t next() const noexcept {
        const auto fitting = bytes_target_ * documents_ / std::max<std::uint64_t>(bytes_, 1);
        return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(fitting, 1, size_max_));
    }

private:
    /// What lies further back fades, so that a run of heavier documents counts within one answer.
    static constexpr std::uint64_t window_documents = 128;

    std::uint64_t size_max_;
    std::uint64_t bytes_target_;
    std::uint64_t bytes_ = 0;
    std::uint64_t documents_ = 0;
};

}  // namespace twinfleet::mongo

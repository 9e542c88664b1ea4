#pragma once

#include <cstddef>

namespace twinfleet::http::detail {

/// Bounds the memory of all bodies that a server holds at a time, from their first byte until their request has been
/// answered. Callers who have shown no right to send a body share half of it, so that they cannot keep the others out.
/// The first bytes of each body are not counted, as the number of connections bounds them: a small request, a log-in
/// say, gets through whatever the large ones take. For one thread.
class BodyBudget {
public:
    /// So many first bytes of each body are not counted.
    static constexpr std::size_t usual_free_bytes = std::size_t{4} << 10;

    explicit BodyBudget(std::size_t bytes_max, std::size_t free_bytes = usual_free_bytes)
        : bytes_max_(bytes_max), free_bytes_(free_bytes) {}

    /// How many bytes are in use.
    [[nodiscard]] std::size_t bytes() const noexcept { return with_right_ + without_right_; }

private:
    friend class BodyShare;
    [[nodiscard]] bool has_room(std::size_t bytes, bool has_right) const {
        return bytes <= bytes_max_ - this->bytes() && (has_right || without_right_ + bytes <= bytes_max_ / 2);
    }
    [[nodiscard]] std::size_t& used(bool has_right) { return has_right ? with_right_ : without_right_; }

    const std::size_t bytes_max_;
    const std::size_t free_bytes_;
    std::size_t with_right_ = 0;
    std::size_t without_right_ = 0;
};

/// What one connection has of a budget, which outlives it. Gives it back at the end.
class BodyShare {
public:
    explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
    ~BodyShare() { release(); }
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;

    /// Says whether the next body is one of a caller with a right to send it. The share must be empty.
    void use(bool has_right) { has_right_ = has_right; }
    /// Takes as much as is missing to a body of this many bytes. False, and nothing is taken, when the budget does not
    /// hold it.
    [[nodiscard]] bool grow_to(std::size_t bytes) {
        bytes -= bytes < budget_.free_bytes_ ? bytes : budget_.free_bytes_;
        if (bytes <= bytes_) {
            return true;
        }
        if (!budget_.has_room(bytes - bytes_, has_right_)) {
            return false;
        }
        budget_.used(has_right_) += bytes - bytes_;
        bytes_ = bytes;
        return true;
    }
    /// Gives all of it back.
    void release() {
        budget_.used(has_right_) -= bytes_;
        bytes_ = 0;
        has_right_ = false;
    }

private:
    BodyBudget& budget_;
    std::size_t bytes_ = 0;
    bool has_right_ = false;
};

}  // namespace twinfleet::http::detail

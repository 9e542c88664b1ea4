#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>

namespace twinfleet::incremental_cache {

/// Says when memory that readers may still look at can be freed (epoch-based reclamation; K. Fraser, "Practical
/// lock-freedom", 2004, section 5.2.3).
///
/// A reader holds a Guard while it follows pointers, and neither blocks nor waits, however many readers there are. The
/// writer first unlinks an object, so that no new reader finds it, and then retires it. The object is freed once every
/// reader that was there at that time has gone.
///
/// Why it is right: links are stored and loaded, and slots claimed and looked at, with memory_order_seq_cst, so all of
/// it has one order. If reclaim() looked at a slot before a reader claimed it, the reader claimed it after the
/// unlinking and finds the object no more. If it looked later, it saw the reader's epoch: one above the object's was
/// read after the epoch was advanced, hence after the unlinking as well; any other keeps the object alive.
class Epochs {
    struct alignas(64) Slot {
        /// The epoch of the reader that has the slot; 0 when none has.
        std::atomic<std::uint64_t> epoch = 0;
    };
    struct Block {
        std::array<Slot, 64> slots;
        Block* next = nullptr;
    };

public:
    /// Marks a reader as present for as long as it lives.
    class [[nodiscard]] Guard {
    public:
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;
        ~Guard() { slot_.epoch.store(0, std::memory_order_release); }

    private:
        friend class Epochs;
        explicit Guard(Slot& slot) : slot_(slot) {}
        Slot& slot_;
    };

    Epochs() = default;
    Epochs(const Epochs&) = delete;
    Epochs& operator=(const Epochs&) = delete;
    /// Frees everything that was retired. No reader may be left.
    ~Epochs();

    /// Marks a reader as present. May be called on any thread, also while that thread holds another Guard.
    Guard enter();

    /// Frees an object.
    using Dispose = void (*)(void*);

    // The following is for the writer: one thread at a time.

    /// Has `dispose` called for an object, which is unlinked already, once no reader can hold it any more.
    void retire(void* object, Dispose dispose);
    /// Frees the objects that no reader can hold any more. Does not wait.
    void reclaim();
    /// How many retired objects have not been freed yet.
    [[nodiscard]] std::size_t retired() const noexcept { return retired_.size(); }

private:
    struct Retired {
        std::uint64_t epoch;
        void* object;
        Dispose dispose;
    };

    [[nodiscard]] std::uint64_t oldest_reader() const;

    std::atomic<std::uint64_t> epoch_ = 1;
    /// The list of blocks, which only grows: a reader that finds all slots taken puts another block in front.
    std::atomic<Block*> blocks_ = &first_block_;
    Block first_block_;
    /// In the order of their epochs. Guarded by there being one writer.
    std::deque<Retired> retired_;
};

}  // namespace twinfleet::incremental_cache

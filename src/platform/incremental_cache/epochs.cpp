#include "platform/incremental_cache/epochs.hpp"

#include <algorithm>
#include <memory>

namespace twinfleet::incremental_cache {
namespace {

/// Where a thread looks for a slot first, so that threads do not meet.
std::size_t first_slot_of_thread() {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
}

}  // namespace

Epochs::~Epochs() {
    for (const Retired& retired : retired_) {
        retired.dispose(retired.object);
    }
    for (Block* block = blocks_.load(); block != &first_block_;) {
        const std::unique_ptr<Block> owner(block);
        block = block->next;
    }
}

Epochs::Guard Epochs::enter() {
    const std::size_t first = first_slot_of_thread();
    const std::uint64_t epoch = epoch_.load();
    for (Block* block = blocks_.load(); block != nullptr; block = block->next) {
        for (std::size_t i = 0; i < block->slots.size(); ++i) {
            Slot& slot = block->slots[(first + i) % block->slots.size()];
            std::uint64_t nobody = 0;
            if (slot.epoch.load(std::memory_order_relaxed) == 0 && slot.epoch.compare_exchange_strong(nobody, epoch)) {
                return Guard(slot);
            }
        }
    }
    auto block = std::make_unique<Block>();
    Slot& slot = block->slots[first % block->slots.size()];
    slot.epoch.store(epoch);
    block->next = blocks_.load();
    while (!blocks_.compare_exchange_weak(block->next, block.get())) {
    }
    static_cast<void>(block.release());
    return Guard(slot);
}

void Epochs::retire(void* object, Dispose dispose) {
    retired_.push_back({epoch_.load(std::memory_order_relaxed), object, dispose});
}

void Epochs::reclaim() {
    if (retired_.empty()) {
        return;
    }
    epoch_.fetch_add(1);
    const std::uint64_t oldest = oldest_reader();
    while (!retired_.empty() && retired_.front().epoch < oldest) {
        const Retired retired = retired_.front();
        retired_.pop_front();
        retired.dispose(retired.object);
    }
}

std::uint64_t Epochs::oldest_reader() const {
    std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
    for (const Block* block = blocks_.load(); block != nullptr; block = block->next) {
        for (const Slot& slot : block->slots) {
            if (const std::uint64_t epoch = slot.epoch.load(); epoch != 0) {
                oldest = std::min(oldest, epoch);
            }
        }
    }
    return oldest;
}

}  // namespace twinfleet::incremental_cache

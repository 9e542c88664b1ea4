#include "capabilities/mirroring/passes/pass_run.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

using Result = MirrorBatch::Result;

MirrorBatch batch_of(std::initializer_list<std::pair<std::string, Result>> items) {
    MirrorBatch batch;
    for (const auto& [id, result] : items) {
        MirrorBatch::Item& item = batch.items.emplace_back();
        item.parent.id = id;
        item.result = result;
        batch.counts += counts_of(item);
    }
    return batch;
}

TEST(DealtWith, WhatWasDealtWithIsCountedAgainOnlyWhenItWasWrittenAgain) {
    DealtWith dealt_with;
    dealt_with.add(batch_of({{"a", Result::updated}, {"b", Result::unchanged}}));
    MirrorBatch later = batch_of({{"a", Result::unchanged}, {"b", Result::updated}, {"c", Result::unchanged}});
    dealt_with.discount(later);
    EXPECT_EQ(later.counts, (RunCounts{.read = 2, .updated = 1, .unchanged = 1}));
}

}  // namespace
}  // namespace twinfleet::mirroring

#include <map>
#include <memory>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "platform/incremental_cache/incremental_cache.hpp"
#include "platform/incremental_cache/testing/note.hpp"

namespace twinfleet::incremental_cache {
namespace {

using testing::at_second;
using testing::bad_document;
using testing::CachedNote;
using testing::document_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Note;

using Notes = IncrementalCache<CachedNote>;

Applied apply_now(Notes& notes, const bson::Document& document) {
    const RecordCache::Read read(notes.records());
    return notes.records().apply(document, read);
}

TEST(RecordCache, FindsByIdAndByKey) {
    Notes notes;
    const Note one{"one", 1, {"red", "round"}};
    const Note other{"other", 2, {"red"}};
    EXPECT_EQ(apply_now(notes, document_of(one, at_second(1))), Applied::changed);
    EXPECT_EQ(apply_now(notes, document_of(other, at_second(1))), Applied::changed);
    EXPECT_EQ(notes.find("one"), one);
    EXPECT_EQ(notes.find("nobody"), std::nullopt);
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "red"), ElementsAre(one, other));
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "round"), ElementsAre(one));
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "blue"), IsEmpty());
}

TEST(RecordCache, AKeyThatChangesIsFoundUnderTheNewOneOnly) {
    Notes notes;
    apply_now(notes, document_of({"one", 1, {"red", "round"}}, at_second(1)));
    const Note changed{"one", 1, {"round", "blue"}};
    EXPECT_EQ(apply_now(notes, document_of(changed, at_second(2))), Applied::changed);
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "red"), IsEmpty());
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "round"), ElementsAre(changed));
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "blue"), ElementsAre(changed));
}

TEST(RecordCache, AKeyThatStandsTwiceIsFoundOnce) {
    Notes notes;
    const Note note{"one", 1, {"red", "red"}};
    apply_now(notes, document_of(note, at_second(1)));
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "red"), ElementsAre(note));
}

TEST(RecordCache, ADocumentThatDidNotChangeCostsNothing) {
    Notes notes;
    const auto document = document_of({"one", 1, {}}, at_second(1));
    apply_now(notes, document);
    const auto bytes = notes.records().size_bytes();
    EXPECT_EQ(apply_now(notes, document), Applied::unchanged);
    EXPECT_EQ(notes.records().size_bytes(), bytes);
}

TEST(RecordCache, AChangeWithinOneTickOfTheClockIsAChange) {
    Notes notes;
    apply_now(notes, document_of({"one", 1, {}}, at_second(1)));
    EXPECT_EQ(apply_now(notes, document_of({"one", 2, {}}, at_second(1))), Applied::changed);
    EXPECT_EQ(notes.find("one")->number, 2);
}

TEST(RecordCache, ItsWatcherIsToldOfChangesBeforeReadersSeeThem) {
    Notes notes;
    std::vector<std::string> told;
    notes.records().watch([&](const RecordCache::Change& change) {
        const auto before = read_record<CachedNote>(change.before);
        const int after = change.after.empty() ? 0 : static_cast<int>(read_record<CachedNote>(change.after).number);
        EXPECT_EQ(notes.find(before.id), before);
        EXPECT_EQ(change.document_hash == 0, change.after.empty());
        told.push_back(std::to_string(before.number) + " to " + std::to_string(after));
    });
    apply_now(notes, document_of({"one", 1, {}}, at_second(1)));
    EXPECT_THAT(told, IsEmpty()) << "it came in for the first time";
    apply_now(notes, document_of({"one", 1, {}}, at_second(2)));
    EXPECT_THAT(told, IsEmpty()) << "nothing that is kept has changed";
    apply_now(notes, document_of({"one", 2, {}}, at_second(3)));
    apply_now(notes, document_of({"one", 3, {}}, at_second(4)));
    EXPECT_THAT(told, ElementsAre("1 to 2", "2 to 3"));
    notes.records().begin_full_pass();
    EXPECT_EQ(notes.records().remove_not_met(std::vector<std::string>{"one"}), 1U);
    EXPECT_THAT(told, ElementsAre("1 to 2", "2 to 3", "3 to 0"));
}

TEST(RecordCache, ABadDocumentLeavesTheLastGoodVersion) {
    Notes notes;
    apply_now(notes, document_of({"one", 1, {}}, at_second(1)));
    EXPECT_EQ(apply_now(notes, bad_document("one", at_second(2))), Applied::kept_aside);
    EXPECT_EQ(apply_now(notes, bad_document("one", at_second(2))), Applied::kept_aside);
    EXPECT_EQ(notes.find("one")->number, 1);
    EXPECT_EQ(notes.records().kept_aside_count(), 1U);
    ASSERT_EQ(notes.records().kept_aside().size(), 1U);
    EXPECT_EQ(notes.records().kept_aside()[0].id, "one");
    EXPECT_EQ(notes.records().kept_aside()[0].reason, "bad_field:number");
    EXPECT_TRUE(notes.records().is_kept_aside("one"));
    EXPECT_FALSE(notes.records().is_kept_aside("other"));
}

TEST(RecordCache, AMendedDocumentComesBack) {
    Notes notes;
    const auto good = document_of({"one", 1, {}}, at_second(1));
    apply_now(notes, good);
    apply_now(notes, bad_document("one", at_second(2)));
    EXPECT_EQ(apply_now(notes, document_of({"one", 3, {}}, at_second(3))), Applied::changed);
    EXPECT_EQ(notes.find("one")->number, 3);
    EXPECT_EQ(notes.records().kept_aside_count(), 0U);
    EXPECT_FALSE(notes.records().is_kept_aside("one"));
    apply_now(notes, bad_document("one", at_second(4)));
    EXPECT_EQ(apply_now(notes, good), Applied::changed) << "put back to what it was before";
    EXPECT_EQ(notes.records().kept_aside_count(), 0U);
}

TEST(RecordCache, AnIdThatIsNoTextIsKeptAside) {
    Notes notes;
    const auto document = bson::from_json(R"({"_id": 7, "number": 1})");
    EXPECT_EQ(apply_now(notes, document), Applied::kept_aside);
    EXPECT_EQ(apply_now(notes, document), Applied::kept_aside);
    EXPECT_EQ(notes.records().kept_aside_count(), 1U);
    EXPECT_EQ(notes.records().kept_aside()[0].id, R"({"$numberInt":"7"})");
}

TEST(RecordCache, BrokenBytesAreKeptAside) {
    Notes notes;
    const auto good = document_of({"one", 1, {}}, at_second(1));
    std::vector<std::uint8_t> bytes(good.view().bytes().begin(), good.view().bytes().end());
    bytes[4] = 0x60;
    EXPECT_EQ(apply_now(notes, bson::Document(bytes)), Applied::kept_aside);
    EXPECT_EQ(notes.records().kept_aside()[0].reason, "malformed");
}

TEST(RecordCache, ListsSoManyBadDocumentsAndCountsAll) {
    Notes notes;
    for (int i = 0; i < 150; ++i) {
        apply_now(notes, bad_document("bad" + std::to_string(i), at_second(1)));
    }
    EXPECT_EQ(notes.records().kept_aside_count(), 150U);
    EXPECT_EQ(notes.records().kept_aside().size(), RecordCache::kept_aside_listed_max);
}

TEST(RecordCache, ASlowReadDoesNotBringBackAnEarlierVersion) {
    Notes notes;
    const auto earlier = document_of({"one", 1, {"red"}}, at_second(1));
    const RecordCache::Read slow(notes.records());
    apply_now(notes, document_of({"one", 2, {"blue"}}, at_second(2)));
    EXPECT_EQ(notes.records().apply(earlier, slow), Applied::outdated);
    EXPECT_EQ(notes.find("one")->number, 2);
}

TEST(RecordCache, ASlowReadMayBringALaterVersion) {
    Notes notes;
    const RecordCache::Read slow(notes.records());
    apply_now(notes, document_of({"one", 1, {}}, at_second(1)));
    EXPECT_EQ(notes.records().apply(document_of({"one", 2, {}}, at_second(2)), slow), Applied::changed);
}

TEST(RecordCache, WhatCannotBeToldApartIsToBeReadAgain) {
    Notes notes;
    const auto version = at_second(1);
    apply_now(notes, document_of({"one", 1, {}}, version));
    const RecordCache::Read slow(notes.records());
    apply_now(notes, document_of({"one", 2, {}}, version));
    EXPECT_EQ(notes.records().apply(document_of({"one", 1, {}}, version), slow), Applied::undecided);
    EXPECT_EQ(notes.find("one")->number, 2);
    EXPECT_EQ(apply_now(notes, document_of({"one", 1, {}}, version)), Applied::changed) << "read later for certain";
}

TEST(RecordCache, ADocumentThatWasFoundUnchangedIsAsSureAsOneThatChanged) {
    Notes notes;
    const auto document = document_of({"one", 1, {}}, at_second(1));
    apply_now(notes, document);
    const RecordCache::Read slow(notes.records());
    EXPECT_EQ(apply_now(notes, document), Applied::unchanged);
    EXPECT_EQ(notes.records().apply(document_of({"one", 2, {}}, at_second(1)), slow), Applied::undecided);
}

TEST(RecordCache, ASlowReadDoesNotBringBackWhatIsGone) {
    Notes notes;
    const auto document = document_of({"one", 1, {}}, at_second(1));
    apply_now(notes, document);
    {
        const RecordCache::Read slow(notes.records());
        notes.records().begin_full_pass();
        std::size_t shard = 0;
        EXPECT_EQ(notes.records().remove_not_met(notes.records().not_met(shard, 10)), 1U);
        EXPECT_EQ(notes.records().apply(document, slow), Applied::undecided);
    }
    EXPECT_EQ(notes.find("one"), std::nullopt);
    EXPECT_EQ(apply_now(notes, document), Applied::changed) << "it was made again";
}

TEST(RecordCache, WhatCameDuringAFullPassStays) {
    Notes notes;
    apply_now(notes, document_of({"gone", 1, {}}, at_second(1)));
    apply_now(notes, bad_document("bad and gone", at_second(1)));
    apply_now(notes, bson::from_json(R"({"_id": 7})"));
    notes.records().begin_full_pass();
    apply_now(notes, document_of({"new", 1, {}}, at_second(2)));
    apply_now(notes, bad_document("bad and new", at_second(2)));
    std::set<std::string> not_met;
    std::size_t shard = 0;
    for (auto ids = notes.records().not_met(shard, 1); !ids.empty(); ids = notes.records().not_met(shard, 1)) {
        not_met.insert(ids.begin(), ids.end());
        notes.records().remove_not_met(ids);
    }
    notes.records().forget_not_met_aside();
    EXPECT_THAT(not_met, ElementsAre("bad and gone", "gone"));
    EXPECT_TRUE(notes.find("new"));
    EXPECT_FALSE(notes.find("gone"));
    ASSERT_EQ(notes.records().kept_aside_count(), 1U);
    EXPECT_EQ(notes.records().kept_aside()[0].id, "bad and new");
}

/// A collection over time: what each document was, from the beginning.
struct History {
    struct State {
        std::int64_t number;
        bson::ChangeTime version;
    };
    std::map<std::string, std::vector<State>> documents;
};

// However many reads overlap, and however late they bring what they have read: nobody sees a document go back in time.
RC_GTEST_PROP(RecordCache, NoDocumentGoesBack, ()) {
    Notes notes;
    History history;
    std::int64_t next_number = 0;
    struct SlowRead {
        std::unique_ptr<RecordCache::Read> read;
        std::vector<bson::Document> documents;
    };
    std::vector<SlowRead> reads;
    std::map<std::string, std::int64_t> shown;
    std::int64_t second = 1;

    const auto an_id = rc::gen::elementOf(std::vector<std::string>{"a", "b", "c"});
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
    for (const int step : steps) {
        if (step <= 2) {
            // Ties within a second, another type of version, or none.
            second += *rc::gen::inRange(0, 2);
            const int kind = *rc::gen::inRange(0, 6);
            bson::ChangeTime version = at_second(second);
            if (kind == 0) {
                version = bson::ChangeTime::of_date(second * 1000);
            } else if (kind == 1) {
                version = {};
            }
            history.documents[*an_id].push_back({next_number++, version});
        } else if (step == 3) {
            reads.push_back({std::make_unique<RecordCache::Read>(notes.records()), {}});
        } else if (step <= 5 && !reads.empty()) {
            auto& read = reads[*rc::gen::inRange<std::size_t>(0, reads.size())];
            const auto id = *an_id;
            if (const auto found = history.documents.find(id); found != history.documents.end()) {
                const auto& state = found->second.back();
                read.documents.push_back(document_of({id, state.number, {}}, state.version));
            }
        } else if (!reads.empty()) {
            const auto which = *rc::gen::inRange<std::size_t>(0, reads.size());
            for (const auto& document : reads[which].documents) {
                notes.records().apply(document, *reads[which].read);
                const std::string id(document.view().find("_id")->string());
                const auto note = notes.find(id);
                RC_ASSERT(note.has_value());
                if (const auto before = shown.find(id); before != shown.end()) {
                    RC_ASSERT(note->number >= before->second);
                }
                shown[id] = note->number;
            }
            reads.erase(reads.begin() + static_cast<std::ptrdiff_t>(which));
        }
    }
    for (const auto& [id, states] : history.documents) {
        apply_now(notes, document_of({id, states.back().number, {}}, states.back().version));
        RC_ASSERT(notes.find(id)->number == states.back().number);
    }
}

// Each version of a note says its number in all places.
Note whole_note(int id, std::int64_t number) {
    const std::string text = std::to_string(number);
    return {"note" + std::to_string(id), number, {"all", "tag" + std::to_string(number % 7), text + text}};
}

bool is_whole(const Note& note) {
    return note == whole_note(std::stoi(note.id.substr(4)), note.number);
}

TEST(RecordCache, ReadersSeeWholeDocumentsWhileTheyChange) {
    constexpr int notes_count = 50;
    Notes notes;
    std::atomic<bool> is_torn = false;
    std::atomic<bool> is_missing = false;
    std::atomic<std::uint64_t> reads = 0;
    for (int id = 0; id < notes_count; ++id) {
        apply_now(notes, document_of(whole_note(id, 0), at_second(1)));
    }
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 3; ++i) {
            readers.emplace_back([&, i](const std::stop_token& stop) {
                for (int turn = i; !stop.stop_requested(); ++turn) {
                    const auto note = notes.find("note" + std::to_string(turn % notes_count));
                    if (!note) {
                        is_missing = true;
                    } else if (!is_whole(*note)) {
                        is_torn = true;
                    }
                    for (const auto& tagged : notes.find_by_key(CachedNote::by_tag, "tag" + std::to_string(turn % 7))) {
                        if (!is_whole(tagged) || tagged.number % 7 != turn % 7) {
                            is_torn = true;
                        }
                    }
                    ++reads;
                }
            });
        }
        for (std::int64_t number = 1; number < 200 || reads < 1'000; ++number) {
            const RecordCache::Read read(notes.records());
            for (int id = 0; id < notes_count; ++id) {
                notes.records().apply(document_of(whole_note(id, number), at_second(number + 1)), read);
            }
            // Tables grow and shrink meanwhile.
            for (int id = notes_count; id < notes_count + 20; ++id) {
                notes.records().apply(document_of(whole_note(id, number), at_second(number + 1)), read);
            }
            if (number % 10 == 0) {
                notes.records().begin_full_pass();
                for (int id = 0; id < notes_count; ++id) {
                    notes.records().apply(document_of(whole_note(id, number), at_second(number + 1)), read);
                }
                std::size_t shard = 0;
                for (auto ids = notes.records().not_met(shard, 100); !ids.empty();
                     ids = notes.records().not_met(shard, 100)) {
                    notes.records().remove_not_met(ids);
                }
            }
        }
    }
    EXPECT_FALSE(is_torn);
    EXPECT_FALSE(is_missing);
    EXPECT_GE(notes.find_by_key(CachedNote::by_tag, "all").size(), std::size_t{notes_count});
}

}  // namespace
}  // namespace twinfleet::incremental_cache

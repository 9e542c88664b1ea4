#include "platform/incremental_cache/dump.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/incremental_cache/incremental_cache.hpp"
#include "platform/incremental_cache/testing/note.hpp"
#include "tests/support/temporary_folder.hpp"

namespace twinfleet::incremental_cache {
namespace {

using testing::CachedNote;
using testing::document_of;
using ::testing::ElementsAre;
using testing::Note;
using twinfleet::testing::TemporaryFolder;
using Notes = IncrementalCache<CachedNote>;

/// As CachedNote, a version on.
struct LaterNote : CachedNote {
    static constexpr std::uint32_t schema_version = 2;
};

const DumpState state{.position = {.timestamp = bson::Timestamp{7, 3}, .date_ms = std::nullopt},
                      .complete_until = platform::Time(std::chrono::microseconds(1'234'567)),
                      .last_full_at = platform::Time(std::chrono::microseconds(1'000'000)),
                      .kept_aside = 5};

const bson::ChangeTime version = bson::ChangeTime::of(bson::Timestamp{6, 1});
const bson::ChangeTime date = bson::ChangeTime::of_date(5'000);
const Note one{"0123456789abcdef0123456789abcdef", 1, {"red", "round"}};
const Note other{"other", -2, {"red"}};

void fill(Notes& notes) {
    const RecordCache::Read read(notes.records());
    notes.records().apply(document_of(one, version), read);
    notes.records().apply(document_of(other, date), read);
}

class Dump : public ::testing::Test {
protected:
    Dump() {
        Notes notes;
        fill(notes);
        bytes_written_ = write_dump(path_, notes.records(), state);
        std::ifstream file(path_, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
    }

    /// What becomes of a start with such a file; the cache must be empty if it is refused.
    [[nodiscard]] std::variant<DumpState, DumpRefusal> load(const std::string& bytes) {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
        Notes notes;
        auto loaded = load_dump(path_, notes.records());
        if (std::holds_alternative<DumpRefusal>(loaded)) {
            EXPECT_EQ(notes.records().size(), 0U);
            EXPECT_FALSE(notes.find(one.id));
        }
        return loaded;
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = dump_path(folder_.path(), "notes");
    std::string bytes_;
    std::uint64_t bytes_written_ = 0;
};

TEST_F(Dump, HoldsTheCache) {
    Notes notes;
    const auto loaded = load_dump(path_, notes.records());
    ASSERT_TRUE(std::holds_alternative<DumpState>(loaded));
    const auto& found = std::get<DumpState>(loaded);
    EXPECT_EQ(found.position, state.position);
    EXPECT_EQ(found.complete_until, state.complete_until);
    EXPECT_EQ(found.last_full_at, state.last_full_at);
    EXPECT_EQ(found.kept_aside, 5U);
    EXPECT_EQ(notes.records().size(), 2U);
    EXPECT_EQ(notes.find(one.id), one);
    EXPECT_THAT(notes.find_by_key(CachedNote::by_tag, "red"), ElementsAre(one, other));
    const RecordCache::Read read(notes.records());
    EXPECT_EQ(notes.records().apply(document_of(one, version), read), Applied::unchanged);
    EXPECT_EQ(notes.records().apply(document_of(other, date), read), Applied::unchanged);
}

TEST_F(Dump, LeavesNothingElseBehind) {
    EXPECT_EQ(bytes_.size(), bytes_written_);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Dump, OneThatIsCutShortAnywhereIsRefused) {
    for (std::size_t length = 0; length < bytes_.size(); ++length) {
        const auto loaded = load(bytes_.substr(0, length));
        ASSERT_TRUE(std::holds_alternative<DumpRefusal>(loaded)) << length;
        EXPECT_EQ(std::get<DumpRefusal>(loaded), DumpRefusal::cut_short) << length;
    }
}

TEST_F(Dump, OneWithADamagedByteAnywhereIsRefused) {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
        std::string damaged = bytes_;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        ASSERT_TRUE(std::holds_alternative<DumpRefusal>(load(damaged))) << i;
    }
}

TEST_F(Dump, OneWithMoreBehindItIsRefused) {
    const auto loaded = load(bytes_ + "x");
    ASSERT_TRUE(std::holds_alternative<DumpRefusal>(loaded));
    EXPECT_EQ(std::get<DumpRefusal>(loaded), DumpRefusal::corrupt);
}

TEST_F(Dump, OneOfAnotherSchemaIsRefused) {
    IncrementalCache<LaterNote> notes;
    const auto loaded = load_dump(path_, notes.records());
    ASSERT_TRUE(std::holds_alternative<DumpRefusal>(loaded));
    EXPECT_EQ(std::get<DumpRefusal>(loaded), DumpRefusal::other_schema);
    EXPECT_EQ(notes.records().size(), 0U);
}

TEST_F(Dump, OneOfAnotherFormatIsRefused) {
    std::string later = bytes_;
    ++later[8];
    const auto loaded = load(later);
    ASSERT_TRUE(std::holds_alternative<DumpRefusal>(loaded));
    EXPECT_EQ(std::get<DumpRefusal>(loaded), DumpRefusal::other_version);
}

TEST_F(Dump, NoneIsNoneAndAFolderIsUnreadable) {
    Notes notes;
    EXPECT_EQ(std::get<DumpRefusal>(load_dump(folder_.path() / "none", notes.records())), DumpRefusal::absent);
    EXPECT_EQ(std::get<DumpRefusal>(load_dump(folder_.path(), notes.records())), DumpRefusal::unreadable);
}

TEST_F(Dump, AFailedWriteLeavesTheOldOne) {
    Notes notes;
    std::filesystem::path temporary = path_;
    temporary += ".tmp";
    std::filesystem::create_directory(temporary);
    EXPECT_THROW(write_dump(path_, notes.records(), state), std::system_error);
    EXPECT_TRUE(std::holds_alternative<DumpState>(load_dump(path_, notes.records())));
}

}  // namespace
}  // namespace twinfleet::incremental_cache

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <variant>

#include "platform/bson/change_position.hpp"
#include "platform/clock/clock.hpp"
#include "platform/incremental_cache/record_cache.hpp"

/// Writes a cache to disk and reads it back, so that a process begins with the documents that it had before a restart.
/// Each cache has a file of its own, in the byte order of the machine that wrote it:
///
///     header    magic and format version, schema of the records, counts, position, times; its XXH3
///     records   document hash, version, length, bytes; one after the other
///     trailer   XXH3 of the records
namespace twinfleet::incremental_cache {

/// What a dump says about its documents.
struct DumpState {
    /// The position up to which all changes are in the dump, except those that became visible late (Settings::overlap).
    bson::ChangePosition position;
    /// What CacheUpdater::complete_until() said.
    platform::Time complete_until{};
    /// When the last full pass ended.
    platform::Time last_full_at{};
    /// How many documents were kept aside. They are not in the dump.
    std::uint64_t kept_aside = 0;
};

/// The path of the dump of a cache in this folder.
[[nodiscard]] std::filesystem::path dump_path(const std::filesystem::path& folder, std::string_view cache);

/// Writes a dump: a temporary file beside `path`, which is synced to disk and then renamed. Returns the size of the
/// file in bytes. Readers and writers of the cache may go on meanwhile. What writers apply during the call may or may
/// not be in the dump, so `state` must be taken before. Throws std::system_error.
std::uint64_t write_dump(const std::filesystem::path& path, const RecordCache& cache, const DumpState& state);

/// Why a dump was not used.
enum class DumpRefusal : std::uint8_t { absent, unreadable, other_version, other_schema, cut_short, corrupt };
[[nodiscard]] std::string_view name_of(DumpRefusal refusal) noexcept;

/// Fills the cache from the file; nobody may read the cache yet. The file is checked as a whole first. When it is not
/// in order, the result says why, and the cache stays empty.
[[nodiscard]] std::variant<DumpState, DumpRefusal> load_dump(const std::filesystem::path& path, RecordCache& cache);

}  // namespace twinfleet::incremental_cache

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

/// A cache on disk, so that a process begins with the documents that it had before a restart. Each cache has a file of
/// its own, in the byte order of the machine that wrote it:
///
///     header    magic and format version, schema of the records, counts, position, times; its XXH3
///     records   document hash, version, length, bytes; one after the other
///     trailer   XXH3 of the records
namespace twinfleet::incremental_cache {

/// What a dump says of itself.
struct DumpState {
    /// All changes before it are in the dump, apart from those that became visible late (Settings::overlap).
    bson::ChangePosition position;
    /// As CacheUpdater::complete_until() tells it.
    platform::Time complete_until{};
    platform::Time last_full_at{};
    /// How many documents were kept aside. They are not in the dump.
    std::uint64_t kept_aside = 0;
};

/// The file of a cache's dump in a folder.
[[nodiscard]] std::filesystem::path dump_path(const std::filesystem::path& folder, std::string_view cache);

/// Writes a temporary file beside `path`, syncs it to disk and renames it, and returns the size of the file in bytes.
/// Readers and writers may go on meanwhile: what they apply may or may not be in the dump, so `state` has to be taken
/// before. Throws std::system_error.
std::uint64_t write_dump(const std::filesystem::path& path, const RecordCache& cache, const DumpState& state);

/// Why a dump was not used.
enum class DumpRefusal : std::uint8_t { absent, unreadable, other_version, other_schema, cut_short, corrupt };
[[nodiscard]] std::string_view name_of(DumpRefusal refusal) noexcept;

/// Fills the cache, which nobody may read yet, from the file. The file is checked as a whole first: when it is not in
/// order, the answer says why and the cache stays empty.
[[nodiscard]] std::variant<DumpState, DumpRefusal> load_dump(const std::filesystem::path& path, RecordCache& cache);

}  // namespace twinfleet::incremental_cache

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <variant>

#include "platform/clock/clock.hpp"
#include "platform/incremental_cache/record_cache.hpp"
#include "platform/incremental_cache/version.hpp"

/// A cache on disk, so that a restart is warm. A file of one cache, for the machine that wrote it:
///
///     header    magic and format version, schema of the records, counts, watermark, times; its XXH3
///     records   document hash, version, length, bytes; one after the other
///     trailer   XXH3 of the records
namespace twinfleet::incremental_cache {

/// What a dump says of itself.
struct DumpState {
    /// All changes before it (less the overlap) are in the dump.
    Watermark watermark;
    /// As RecordUpdater tells it.
    platform::Time complete_until{};
    platform::Time last_full_at{};
    /// Bad documents are not in a dump.
    std::uint64_t kept_aside = 0;
};

/// The file of a cache's dump in a folder.
[[nodiscard]] std::filesystem::path dump_path(const std::filesystem::path& folder, std::string_view cache);

/// Writes a temporary file beside `path`, syncs and renames it. Runs beside readers and writers: what is applied
/// meanwhile may or may not be in it, so `state` is to be taken before. Returns its bytes. Throws std::system_error.
std::uint64_t write_dump(const std::filesystem::path& path, const RecordCache& cache, const DumpState& state);

/// Why a dump was not used.
enum class DumpRefusal : std::uint8_t { absent, unreadable, other_version, other_schema, cut_short, corrupt };
[[nodiscard]] std::string_view name_of(DumpRefusal refusal) noexcept;

/// Fills the cache, which nobody reads yet, once the whole file has been found to be in order; otherwise the cache
/// stays empty.
[[nodiscard]] std::variant<DumpState, DumpRefusal> load_dump(const std::filesystem::path& path, RecordCache& cache);

}  // namespace twinfleet::incremental_cache

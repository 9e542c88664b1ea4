#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace twinfleet::config {

/// Larger files are refused.
inline constexpr std::size_t file_bytes_max = std::size_t{1} << 20;

/// The file's bytes. Throws Error when it cannot be read or is larger than file_bytes_max.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace twinfleet::config

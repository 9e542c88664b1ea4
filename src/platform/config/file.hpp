#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace twinfleet::config {

/// The most bytes of a file. Larger files are refused.
inline constexpr std::size_t file_bytes_max = std::size_t{1} << 20;

/// Reads a file and returns its bytes. Throws Error when the file cannot be read or is larger than file_bytes_max.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace twinfleet::config

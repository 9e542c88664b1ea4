#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace twinfleet::config {

/// The most bytes of a file. Larger files are refused.
inline constexpr std::size_t file_bytes_max = std::size_t{1} << 20;

/// Reads a file and returns its bytes. Throws Error when the file cannot be read or is larger than file_bytes_max.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// Whether others than the owner and the group of a file may read or change it. False for a file that cannot be seen.
[[nodiscard]] bool is_open_to_others(const std::filesystem::path& path);

/// What to say of a file for which is_open_to_others() holds, although it holds secrets.
[[nodiscard]] std::string open_to_others_message(const std::filesystem::path& path);

/// Reads a file as read_file() does. Throws Error as well when others than its owner and its group may change it: for
/// files that hold no secrets, and say who is let in.
[[nodiscard]] std::string read_trusted_file(const std::filesystem::path& path);

/// Reads a file as read_file() does. Throws Error as well when others than its owner and its group may read or change
/// it.
[[nodiscard]] std::string read_secret_file(const std::filesystem::path& path);

}  // namespace twinfleet::config

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// How messages show what stands in a file.
namespace twinfleet::config::detail {

/// In quotes, on one line, and not too long. What looks like a connection string is not shown.
[[nodiscard]] std::string shown(std::string_view text);

/// `parent.key`, or `parent["odd key"]` where the key would blur the path.
[[nodiscard]] std::string child_path(std::string_view parent, std::string_view key);
[[nodiscard]] std::string item_path(std::string_view parent, std::size_t index);

/// What makes `text` unfit to be YAML, and on which line (counted from 1).
struct Unfit {
    std::size_t line;
    std::string reason;
};
[[nodiscard]] std::optional<Unfit> find_unfit_bytes(std::string_view text);

/// Insertions, deletions and replacements of one byte that lead from one to the other (Levenshtein).
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace twinfleet::config::detail

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// How messages show what stands in a file.
namespace twinfleet::config::detail {

/// The text in quotes, on one line, and shortened when it is long. A text that looks like a connection string is not
/// shown.
[[nodiscard]] std::string shown(std::string_view text);

/// The path of a key in a map: `parent.key`, or `parent["odd key"]` for a key that would make the path unclear.
[[nodiscard]] std::string child_path(std::string_view parent, std::string_view key);
/// The path of an item of a list: `parent[0]`.
[[nodiscard]] std::string item_path(std::string_view parent, std::size_t index);

/// Why a text cannot be YAML, and on which line (counted from 1).
struct Unfit {
    std::size_t line;
    std::string reason;
};
/// The first bytes that YAML does not allow; nullopt when there are none.
[[nodiscard]] std::optional<Unfit> find_unfit_bytes(std::string_view text);

/// How many insertions, deletions and replacements of one byte lead from one text to the other (Levenshtein).
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace twinfleet::config::detail

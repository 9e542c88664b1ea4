#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/error.hpp"

/// The tree that a YAML text stands for. It is built from yaml-cpp's events and not from its nodes, because those
/// neither tell a quoted text from a plain one reliably, nor give the lines of keys, nor notice a key that is given
/// twice.
namespace twinfleet::config::detail {

/// One value of the tree: a scalar, a list or a map.
struct Node {
    enum class Kind : std::uint8_t {
        null,
        /// A scalar without quotes, whose type follows from its text.
        plain,
        /// A scalar in quotes, which is always a text.
        quoted,
        /// A value from an environment variable, which is read as whatever type is asked for.
        environment,
        list,
        map,
    };
    /// A key of a map and its value.
    struct Entry {
        std::string key;
        std::size_t line;
        std::shared_ptr<const Node> value;
    };

    Kind kind = Kind::null;
    std::size_t line = 0;
    /// The text of a scalar; for `environment` the value of the variable.
    std::string text;
    /// The items of a list.
    std::vector<std::shared_ptr<const Node>> items;
    /// The entries of a map, in the order of the file. Of a key that is given twice only the first one.
    std::vector<Entry> entries;
    /// The number of nodes in this tree, where nodes behind aliases count wherever they are used.
    std::size_t weight = 1;
    /// The number of levels of this tree.
    std::size_t height = 1;

    [[nodiscard]] const Entry* find(std::string_view key) const;
};

/// A tree of more nodes or levels is refused.
inline constexpr std::size_t weight_max = 1'000'000;
inline constexpr std::size_t height_max = 100;

/// A YAML text that has been read.
struct Document {
    /// A map or null.
    std::shared_ptr<const Node> root;
    /// A problem for each key that is given twice.
    std::vector<Problem> problems;
};

/// Throws Error when `text` is not one YAML document with a map (or nothing) at the top.
[[nodiscard]] Document parse_document(std::string_view text, const std::string& file_name);

}  // namespace twinfleet::config::detail

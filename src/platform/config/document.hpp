#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/error.hpp"

/// The tree that a YAML text stands for. It is built from yaml-cpp's events and not from its nodes, because those
/// neither tell a quoted text from a plain one reliably, nor give the lines of keys, nor notice a key that stands
/// twice.
namespace twinfleet::config::detail {

struct Node {
    enum class Kind : std::uint8_t {
        null,
        /// A scalar without quotes: its type follows from its text.
        plain,
        /// A text for certain.
        quoted,
        /// Given by an environment variable: whatever type is asked for.
        environment,
        list,
        map,
    };
    struct Entry {
        std::string key;
        std::size_t line;
        std::shared_ptr<const Node> value;
    };

    Kind kind = Kind::null;
    std::size_t line = 0;
    /// Of a scalar; of `environment`, the variable's value.
    std::string text;
    /// Of a list.
    std::vector<std::shared_ptr<const Node>> items;
    /// Of a map, in the file's order. Of a key that stands twice only the first.
    std::vector<Entry> entries;
    /// Nodes in this tree, those behind aliases counted wherever they are used.
    std::size_t weight = 1;
    /// Levels of this tree.
    std::size_t height = 1;

    [[nodiscard]] const Entry* find(std::string_view key) const;
};

inline constexpr std::size_t weight_max = 1'000'000;
inline constexpr std::size_t height_max = 100;

struct Document {
    /// A map or null.
    std::shared_ptr<const Node> root;
    /// Keys that stand twice.
    std::vector<Problem> problems;
};

/// Throws Error when `text` is not one YAML document with a map (or nothing) at the top.
[[nodiscard]] Document parse_document(std::string_view text, const std::string& file_name);

}  // namespace twinfleet::config::detail

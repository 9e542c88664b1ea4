#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/api/route.hpp"

namespace twinfleet::api::detail {

/// The parts of a path between its slashes, percent-decoded. nullopt as of percent_decode.
[[nodiscard]] std::optional<std::vector<std::string>> split_path(std::string_view path);

/// Which route answers a request. Never changes.
class RouteTable {
public:
    /// Routes of one pattern.
    struct Pattern {
        std::string text;
        struct Part {
            /// A literal, or the name of an argument.
            std::string text;
            bool is_argument;
            auto operator<=>(const Part&) const = default;
        };
        std::vector<Part> parts;
        std::vector<Route> routes;
        /// For the field `Allow`.
        std::string allowed_methods;
        /// Counted from 0, one for each pattern.
        std::size_t index = 0;

        /// HEAD is answered by GET. nullptr: another method.
        [[nodiscard]] const Route* route(std::string_view method) const;
        /// Takes the values out of `parts_of_path`.
        [[nodiscard]] std::vector<std::pair<std::string, std::string>> arguments(
            std::vector<std::string>&& parts_of_path) const;
    };

    /// Throws std::invalid_argument for a pattern that cannot be read, a method that stands twice, or patterns that
    /// differ in the names of their arguments only.
    explicit RouteTable(std::vector<Route> routes);

    /// Of several patterns the one with a literal first wins. nullptr: no such path.
    [[nodiscard]] const Pattern* find(const std::vector<std::string>& parts_of_path) const;
    [[nodiscard]] const std::vector<Pattern>& patterns() const { return patterns_; }

private:
    Pattern& pattern_for(const std::string& text);

    std::vector<Pattern> patterns_;
    /// By the number of parts.
    std::vector<std::vector<std::size_t>> by_length_;
};

}  // namespace twinfleet::api::detail

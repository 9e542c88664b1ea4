#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/api/route.hpp"

namespace twinfleet::api::detail {

/// A part of a path between two slashes.
struct PathPart {
    /// Percent-decoded.
    std::string text;
    /// Whether it was written otherwise, with a `%`. Such a part can be an argument but no literal of a pattern,
    /// although RFC 3986 (section 6.2.2.2) takes both for the same: a proxy in front of this server that lets requests
    /// through by the beginning of their path would take `/%69nternal/` for another one.
    bool is_encoded = false;
};

/// The parts of a path between its slashes. nullopt when percent_decode() gives that for a part.
[[nodiscard]] std::optional<std::vector<PathPart>> split_path(std::string_view path);

/// Finds the route that answers a request. Does not change, and is safe to use from any thread.
class RouteTable {
public:
    /// The routes that have the same pattern.
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
        /// The value of the header field `Allow`.
        std::string allowed_methods;
        /// The number of this pattern, from 0.
        std::size_t index = 0;

        /// The route for this method, which for HEAD is that of GET; nullptr when there is none.
        [[nodiscard]] const Route* route(std::string_view method) const;
        /// The values of the pattern's arguments, moved out of `parts_of_path`, in the order of the pattern.
        [[nodiscard]] std::vector<std::pair<std::string, std::string>> arguments(
            std::vector<PathPart>&& parts_of_path) const;
    };

    /// Throws std::invalid_argument for a pattern that cannot be read, a method that stands twice, or patterns that
    /// differ in the names of their arguments only.
    explicit RouteTable(std::vector<Route> routes);

    /// The pattern that matches the path; nullptr when there is none. Of several, the one wins that, read from the
    /// left, has a literal where the others first have an argument.
    [[nodiscard]] const Pattern* find(const std::vector<PathPart>& parts_of_path) const;
    [[nodiscard]] const std::vector<Pattern>& patterns() const { return patterns_; }

private:
    Pattern& pattern_for(const std::string& text);

    std::vector<Pattern> patterns_;
    /// The indexes of patterns, by their number of parts.
    std::vector<std::vector<std::size_t>> by_length_;
};

}  // namespace twinfleet::api::detail

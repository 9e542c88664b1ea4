#include "platform/api/route_table.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "platform/http/percent.hpp"

namespace twinfleet::api::detail {

namespace {

using Part = RouteTable::Pattern::Part;

std::vector<Part> read_pattern(const std::string& text) {
    const auto refuse = [&text] { throw std::invalid_argument("not a pattern of a path: " + text); };
    if (!text.starts_with('/')) {
        refuse();
    }
    std::vector<Part> parts;
    for (std::size_t begin = 1; begin <= text.size();) {
        const auto end = std::min(text.find('/', begin), text.size());
        std::string part = text.substr(begin, end - begin);
        const bool is_argument = part.starts_with('{') && part.ends_with('}');
        if (is_argument) {
            part = part.substr(1, part.size() - 2);
        }
        // The root alone has an empty part.
        if ((part.empty() && text.size() > 1) || part.find_first_of("{}%?#*") != std::string::npos) {
            refuse();
        }
        parts.push_back({std::move(part), is_argument});
        begin = end + 1;
    }
    return parts;
}

/// Literals before arguments, from the left, so that the first that matches is the one wanted.
bool goes_before(const std::vector<Part>& left, const std::vector<Part>& right) {
    return std::lexicographical_compare(
        left.begin(), left.end(), right.begin(), right.end(), [](const Part& one, const Part& other) {
            return std::tie(one.is_argument, one.text) < std::tie(other.is_argument, other.text);
        });
}

bool match_the_same(const std::vector<Part>& left, const std::vector<Part>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const Part& one, const Part& other) {
        return one.is_argument == other.is_argument && (one.is_argument || one.text == other.text);
    });
}

bool matches(const std::vector<Part>& pattern, const std::vector<PathPart>& path) {
    return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                      [](const Part& part, const PathPart& given) {
                          return part.is_argument ? !given.text.empty() : !given.is_encoded && part.text == given.text;
                      });
}

}  // namespace

std::optional<std::vector<PathPart>> split_path(std::string_view path) {
    std::vector<PathPart> parts;
    // `*` (RFC 9112, section 3.2.4) has none.
    if (!path.starts_with('/')) {
        return parts;
    }
    parts.reserve(static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')));
    for (std::size_t begin = 1; begin <= path.size();) {
        const auto end = std::min(path.find('/', begin), path.size());
        const auto part = path.substr(begin, end - begin);
        auto text = http::percent_decode(part);
        if (!text) {
            return std::nullopt;
        }
        parts.push_back({.text = *std::move(text), .is_encoded = part.find('%') != std::string_view::npos});
        begin = end + 1;
    }
    return parts;
}

const Route* RouteTable::Pattern::route(std::string_view method) const {
    if (method == "HEAD") {
        method = "GET";
    }
    const auto found =
        std::find_if(routes.begin(), routes.end(), [method](const Route& route) { return route.method == method; });
    return found == routes.end() ? nullptr : &*found;
}

std::vector<std::pair<std::string, std::string>> RouteTable::Pattern::arguments(
    std::vector<PathPart>&& parts_of_path) const {
    std::vector<std::pair<std::string, std::string>> found;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].is_argument) {
            found.emplace_back(parts[i].text, std::move(parts_of_path[i].text));
        }
    }
    return found;
}

RouteTable::RouteTable(std::vector<Route> routes) {
    for (Route& route : routes) {
        Pattern& pattern = pattern_for(route.pattern);
        if (route.method.empty() || route.method == "HEAD" || pattern.route(route.method) != nullptr) {
            throw std::invalid_argument("not a method, or one that stands twice: " + route.method + ' ' +
                                        route.pattern);
        }
        for (const auto* method : {route.method.c_str(), route.method == "GET" ? "HEAD" : nullptr}) {
            if (method != nullptr) {
                pattern.allowed_methods += pattern.allowed_methods.empty() ? "" : ", ";
                pattern.allowed_methods += method;
            }
        }
        pattern.routes.push_back(std::move(route));
    }
    std::sort(patterns_.begin(), patterns_.end(),
              [](const Pattern& left, const Pattern& right) { return goes_before(left.parts, right.parts); });
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
        patterns_[i].index = i;
        const std::size_t length = patterns_[i].parts.size();
        by_length_.resize(std::max(by_length_.size(), length + 1));
        by_length_[length].push_back(i);
    }
}

RouteTable::Pattern& RouteTable::pattern_for(const std::string& text) {
    auto parts = read_pattern(text);
    for (Pattern& known : patterns_) {
        if (match_the_same(known.parts, parts)) {
            if (known.text != text) {
                throw std::invalid_argument("patterns that match the same paths: " + known.text + ' ' + text);
            }
            return known;
        }
    }
    return patterns_.emplace_back(Pattern{.text = text, .parts = std::move(parts)});
}

const RouteTable::Pattern* RouteTable::find(const std::vector<PathPart>& parts_of_path) const {
    if (parts_of_path.size() >= by_length_.size()) {
        return nullptr;
    }
    for (const std::size_t index : by_length_[parts_of_path.size()]) {
        if (matches(patterns_[index].parts, parts_of_path)) {
            return &patterns_[index];
        }
    }
    return nullptr;
}

}  // namespace twinfleet::api::detail

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/config/document.hpp"
#include "platform/config/reader.hpp"

/// What the parts of Reader share.
namespace twinfleet::config {

namespace detail {

/// The state of one file while it is read, which all readers of its places share.
struct State {
    /// A value that an environment variable gives.
    struct Given {
        std::string variable;
        Node node;
        bool asked_for = false;
    };

    std::string file_name;
    std::shared_ptr<const Node> root;
    std::vector<Problem> problems;
    /// The keys that were asked for, by the path of each map that was looked into.
    std::unordered_map<std::string, std::set<std::string, std::less<>>> known;
    /// The secrets that the file holds; their problems have no message.
    std::vector<Problem> secrets;
    /// The values of environment variables, by the path of their key.
    std::map<std::string, Given, std::less<>> given;
};

}  // namespace detail

/// What a key holds, and where it stands.
struct Reader::Found {
    /// The value; nullptr when there is nothing to read. If that is a problem, it has been noted.
    const detail::Node* node = nullptr;
    std::string path;
    std::size_t line = 0;
    std::string source;

    [[nodiscard]] Problem problem(std::string message) const { return {source, line, path, std::move(message)}; }
};

}  // namespace twinfleet::config

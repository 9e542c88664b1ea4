#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/structure/source_tree.hpp"

namespace twinfleet::structure {

/// The cycles among the parts of `folder`: its folders, and `.` for the files that lie in it directly. One part uses
/// another when a file of it includes one of the other; both paths of an Include are named as `folder` is. Every part
/// that is on a cycle is in one of those told, each of which is a shortest way from a part back to it, with the include
/// that makes each step of it, a line each:
///
///     memory: links -> schema -> links
///         links -> schema: FILE includes FILE
///         schema -> links: FILE includes FILE
[[nodiscard]] std::vector<std::string> cycles_in(const std::string& folder, const std::vector<Include>& includes);

/// The folders in which the including files lie, and those in which these lie, up to the first. In order, each once.
[[nodiscard]] std::vector<std::string> folders_of(const std::vector<Include>& includes);

}  // namespace twinfleet::structure

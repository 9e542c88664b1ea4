#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/structure/source_tree.hpp"

namespace twinfleet::structure {

/// The words of a comment that are meant as paths of the project: `passes/pipeline.hpp`, `docs/operations.md`, and, as
/// they begin with a folder of the root, `tools/embedded_mongo` and `tests/deploy`. Paths of other places are left out:
/// addresses (`mongodb.com/docs/manual.html`), paths from the root of a machine (`/proc/self/stat`) or of an API
/// (`/v1/links`), and what is built (`build/bin`).
[[nodiscard]] std::vector<std::string> paths_named_in(std::string_view comment,
                                                      const std::set<std::string>& folders_of_root);

/// The files of a project, to look paths up in.
class KnownPaths {
public:
    explicit KnownPaths(const std::set<std::string>& files);

    /// Whether a comment in `file` that says `path` names a file or a folder: seen from the folder of `file`, or as the
    /// end of any path of the project.
    [[nodiscard]] bool knows(const std::string& file, const std::string& path) const;
    [[nodiscard]] const std::set<std::string>& folders_of_root() const { return folders_of_root_; }

private:
    void add(const std::string& path);

    /// Paths of files and folders, and all that they end in from a slash on.
    std::set<std::string> ends_;
    std::set<std::string> folders_of_root_;
};

/// A line for each path that does not exist, `FILE:LINE: no such path: PATH`.
[[nodiscard]] std::vector<std::string> missing_paths(const SourceFile& source, const KnownPaths& known);

}  // namespace twinfleet::structure

#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What tests/structure_test.cpp asks of the sources. Each rule is a function over plain texts, so that it can be tried
/// on invented ones.
namespace twinfleet::structure {

/// A file of the project.
struct SourceFile {
    /// From the root of the project: `src/domain/license.cpp`.
    std::string path;
    std::string text;
};

/// Every `.cpp` and `.hpp` below the folders, which are named from the root. In order of path.
[[nodiscard]] std::vector<SourceFile> sources_below(const std::vector<std::string>& folders);

/// The paths of all files of the project from its root, what is built and what is hidden apart.
[[nodiscard]] std::set<std::string> files_of_project();

/// The text of a file, named from the root. Throws std::runtime_error when it cannot be read.
[[nodiscard]] std::string text_of(const std::string& path);

/// One `#include` line.
struct Include {
    /// Who includes.
    std::string file;
    /// As it stands between the quotes or the angle brackets.
    std::string included;
    bool is_in_angle_brackets = false;
};

[[nodiscard]] std::vector<Include> includes_of(const SourceFile& source);

/// Whether a file is there for tests only: it lies in a folder `testing`, or its name ends in `_test.cpp`.
[[nodiscard]] bool is_for_tests(std::string_view path);

}  // namespace twinfleet::structure

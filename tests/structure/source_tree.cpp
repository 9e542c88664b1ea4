#include "tests/structure/source_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "tests/support/source_tree.hpp"

namespace twinfleet::structure {
namespace {

const std::filesystem::path& root() {
    static const std::filesystem::path path = testing::source_tree();
    return path;
}

std::string_view without_leading_blanks(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

}  // namespace

std::string text_of(const std::string& path) {
    std::ifstream file(root() / path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<SourceFile> sources_below(const std::vector<std::string>& folders) {
    std::vector<SourceFile> sources;
    for (const std::string& path : files_of_project()) {
        const bool is_source = path.ends_with(".cpp") || path.ends_with(".hpp");
        const bool is_below =
            std::ranges::any_of(folders, [&](const std::string& folder) { return path.starts_with(folder + "/"); });
        if (is_source && is_below) {
            sources.push_back({path, text_of(path)});
        }
    }
    return sources;
}

std::set<std::string> files_of_project() {
    std::set<std::string> files;
    std::filesystem::recursive_directory_iterator entry(root());
    for (; entry != std::filesystem::recursive_directory_iterator(); ++entry) {
        const std::string name = entry->path().filename();
        const bool is_built = name == "build" || name == "node_modules" || name == "__pycache__";
        if (entry->is_directory() && (is_built || name.starts_with('.'))) {
            entry.disable_recursion_pending();
        } else if (entry->is_regular_file()) {
            files.insert(entry->path().lexically_relative(root()).string());
        }
    }
    return files;
}

std::vector<Include> includes_of(const SourceFile& source) {
    std::vector<Include> includes;
    std::istringstream lines(source.text);
    for (std::string line; std::getline(lines, line);) {
        std::string_view rest = without_leading_blanks(line);
        if (!rest.starts_with('#')) {
            continue;
        }
        rest = without_leading_blanks(rest.substr(1));
        constexpr std::string_view directive = "include";
        if (!rest.starts_with(directive)) {
            continue;
        }
        rest = without_leading_blanks(rest.substr(directive.size()));
        if (rest.empty() || (rest.front() != '"' && rest.front() != '<')) {
            continue;
        }
        const bool is_in_angle_brackets = rest.front() == '<';
        rest.remove_prefix(1);
        includes.push_back({source.path, std::string(rest.substr(0, rest.find(is_in_angle_brackets ? '>' : '"'))),
                            is_in_angle_brackets});
    }
    return includes;
}

bool is_for_tests(std::string_view path) {
    return path.ends_with("_test.cpp") || path.find("/testing/") != std::string_view::npos;
}

}  // namespace twinfleet::structure

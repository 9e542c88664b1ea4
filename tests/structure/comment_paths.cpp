#include "tests/structure/comment_paths.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "tests/structure/cpp_text.hpp"

namespace twinfleet::structure {
namespace {

bool is_of_path(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
}

/// The end of a file's name that says what is in it: `hpp`; empty when there is none.
std::string_view extension_of(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? std::string_view() : name.substr(dot + 1);
}

bool is_extension(std::string_view text) {
    static constexpr std::array known{"cpp", "hpp", "h",   "md",   "yaml", "yml",     "toml",  "json",
                                      "sql", "py",  "sh",  "txt",  "csv",  "service", "cmake", "proto",
                                      "js",  "ts",  "css", "html", "in",   "conf",    "java",  "gradle"};
    return std::ranges::find(known, text) != known.end();
}

bool is_path(std::string_view word, const std::set<std::string>& folders_of_root) {
    const auto slash = word.find('/');
    if (slash == std::string_view::npos || slash == 0 || word.find("//") != std::string_view::npos) {
        return false;
    }
    const std::string_view first = word.substr(0, slash);
    const bool is_host = first.find('.') != std::string_view::npos && first != "." && first != "..";
    if (is_host || first == "build") {
        return false;
    }
    return is_extension(extension_of(word)) || folders_of_root.contains(std::string(first));
}

}  // namespace

std::vector<std::string> paths_named_in(std::string_view comment, const std::set<std::string>& folders_of_root) {
    std::vector<std::string> paths;
    std::size_t position = 0;
    while (position < comment.size()) {
        if (!is_of_path(comment[position])) {
            ++position;
            continue;
        }
        std::size_t end = position;
        while (end < comment.size() && is_of_path(comment[end])) {
            ++end;
        }
        std::string_view word = comment.substr(position, end - position);
        // A pattern for several paths is none itself, nor is what follows the colon of an address.
        const bool is_cut = (end < comment.size() && (comment[end] == '*' || comment[end] == '<' ||
                                                      comment[end] == '{' || comment[end] == '$')) ||
                            (position > 0 && (comment[position - 1] == '*' || comment[position - 1] == '>' ||
                                              comment[position - 1] == '}' || comment[position - 1] == ':'));
        position = end;
        while (!word.empty() && (word.back() == '.' || word.back() == '/')) {
            word.remove_suffix(1);
        }
        if (!is_cut && is_path(word, folders_of_root)) {
            paths.emplace_back(word);
        }
    }
    return paths;
}

KnownPaths::KnownPaths(const std::set<std::string>& files) {
    for (const std::string& file : files) {
        add(file);
        for (auto end = file.find('/'); end != std::string::npos; end = file.find('/', end + 1)) {
            add(file.substr(0, end));
        }
        if (const auto end = file.find('/'); end != std::string::npos) {
            folders_of_root_.insert(file.substr(0, end));
        }
    }
}

void KnownPaths::add(const std::string& path) {
    ends_.insert(path);
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        ends_.insert(path.substr(slash + 1));
    }
}

bool KnownPaths::knows(const std::string& file, const std::string& path) const {
    const std::string from_here =
        (std::filesystem::path(file).parent_path() / path).lexically_normal().generic_string();
    return ends_.contains(path) || ends_.contains(from_here);
}

std::vector<std::string> missing_paths(const SourceFile& source, const KnownPaths& known) {
    std::vector<std::string> missing;
    for (const Comment& comment : take_apart(source.text).comments) {
        for (const std::string& path : paths_named_in(comment.text, known.folders_of_root())) {
            if (!known.knows(source.path, path)) {
                missing.push_back(source.path + ":" + std::to_string(comment.line) + ": no such path: " + path);
            }
        }
    }
    return missing;
}

}  // namespace twinfleet::structure

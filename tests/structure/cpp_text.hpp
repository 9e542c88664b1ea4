#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace twinfleet::structure {

struct Comment {
    /// From 1.
    std::size_t line = 0;
    /// Without the slashes.
    std::string text;
};

/// C++ taken apart as far as the rules need it.
struct CppText {
    /// As long as the original, with blanks for comments and for what stands between quotes; line breaks stay.
    std::string code;
    /// Those that begin with `//`; of the others nothing is kept.
    std::vector<Comment> comments;
};

/// Whether the character may stand in the name of something.
[[nodiscard]] bool is_of_word(char c);

[[nodiscard]] CppText take_apart(std::string_view source);

}  // namespace twinfleet::structure

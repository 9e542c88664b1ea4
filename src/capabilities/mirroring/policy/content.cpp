#include "capabilities/mirroring/policy/content.hpp"

#include <cstring>
#include <string_view>
#include <vector>

#include <xxhash.h>

namespace twinfleet::mirroring {

SourceHash hash_of(bson::View content) {
    const auto bytes = content.bytes();
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    SourceHash hash{};
    static_assert(sizeof canonical.digest == sizeof hash);
    std::memcpy(hash.data(), canonical.digest, sizeof hash);
    return hash;
}

bool is_left_out_of_children(std::string_view field) noexcept {
    return field.starts_with('$');
}

bool has_awkward_names(bson::View document) {
    for (const bson::Element& element : document) {
        if (element.key.empty()) {
            return true;
        }
    }
    const auto bytes = document.bytes();
    const bool may_be_at_depth = std::memchr(bytes.data(), '.', bytes.size()) != nullptr ||
                                 std::memchr(bytes.data(), '$', bytes.size()) != nullptr;
    std::vector<bson::View> open;
    if (may_be_at_depth) {
        open.push_back(document);
    }
    while (!open.empty()) {
        const bson::View current = open.back();
        open.pop_back();
        for (const bson::Element& element : current) {
            if (element.key.find('.') != std::string_view::npos || element.key.starts_with('$')) {
                return true;
            }
            if (element.type == bson::Type::document || element.type == bson::Type::array) {
                open.push_back(element.document());
            }
        }
    }
    return false;
}

}  // namespace twinfleet::mirroring

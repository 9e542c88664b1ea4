#include "capabilities/mirroring/policy/parent_id.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <bson/bson.h>
#include <sodium.h>

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t id_bytes_max = 1024;
constexpr std::string_view stand_in = R"({"$hash":")";

}  // namespace

bool is_usable_id(std::string_view text) noexcept {
    // Nearly every id is ASCII, which is looked at several times faster than other UTF-8: each document has several.
    const auto is_ascii = [](char character) { return character >= '\x01' && character <= '\x7f'; };
    if (text.size() <= id_bytes_max && std::ranges::all_of(text, is_ascii)) {
        return true;
    }
    return text.size() <= id_bytes_max && bson_utf8_validate(text.data(), text.size(), false);
}

std::string text_of_unusable_id(const bson::Element& id) {
    std::string text = bson::to_extended_json(id);
    const bool says_nothing = text == bson::unwritable_json ||
                              (id.is_string() && !bson_utf8_validate(id.string().data(), id.string().size(), true));
    if (!says_nothing) {
        return text;
    }
    std::array<unsigned char, 16> hash{};
    crypto_generichash(hash.data(), hash.size(), id.value.data(), id.value.size(), nullptr, 0);
    std::string hex(2 * hash.size() + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
    hex.pop_back();
    return std::string(stand_in) + hex + "\"}";
}

bool is_stand_in_for_id(std::string_view text) noexcept {
    return text.starts_with(stand_in);
}

}  // namespace twinfleet::mirroring

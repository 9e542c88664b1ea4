#pragma once

#include <string>
#include <string_view>

namespace twinfleet::platform {

/// The text in Unicode's normalization form C (Unicode Standard Annex 15). One name may be written in several ways that
/// nobody can tell apart: as the letter `й`, or as `и` with a breve behind it, which is what macOS makes of file names
/// and some keyboards type. In this form they are the same bytes. Bytes that are not UTF-8 stay as they are.
[[nodiscard]] std::string nfc(std::string_view text);

}  // namespace twinfleet::platform

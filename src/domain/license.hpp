#pragma once

#include <string>
#include <string_view>

namespace twinfleet::domain {

/// A driving licence's number as `dbtaxi.unique_drivers` keys it (contract, section 1), so that all spellings of one
/// number are one text: characters in their compatibility form (Unicode NFKC), so that full-width, decomposed and other
/// presentation forms are the plain ones; upper case by the full mapping of Unicode; without white space, dashes,
/// control characters, and characters that cannot be seen; decimal digits of any script as 0 to 9; capital letters of
/// other scripts that look like a Latin one (Unicode Technical Standard 39, confusables) as that one. All else stays.
///
/// Idempotent. Text that is not UTF-8 is returned as it is. Empty when nothing of the number is left.
[[nodiscard]] std::string normalize_license(std::string_view number);

}  // namespace twinfleet::domain

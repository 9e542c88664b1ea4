#pragma once

#include <string>
#include <string_view>

namespace twinfleet::domain {

/// A driving licence's number as `dbtaxi.unique_drivers` keys it (contract, section 1): upper case, without spaces and
/// hyphens, Cyrillic letters that look Latin made Latin (А В Е К М Н О Р С Т У Х). Other characters stay; text that is
/// not UTF-8 keeps its bytes.
[[nodiscard]] std::string normalize_license(std::string_view number);

}  // namespace twinfleet::domain

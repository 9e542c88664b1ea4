#pragma once

#include "capabilities/access_control/audit/author.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::access_control {

/// Who makes the change that is asked for: the caller by its service token, and the person that the header `X-User`
/// names. Throws json::BadInput for a header that is empty, longer than 200 characters, not UTF-8, or holds control
/// characters.
[[nodiscard]] Author author_of(const api::Call& call);

}  // namespace twinfleet::access_control

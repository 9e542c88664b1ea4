#include "platform/postgres/parameters.hpp"

#include <algorithm>
#include <limits>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/errors.hpp"

namespace twinfleet::postgres {

void Parameter::refuse_nul(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        throw platform::StoreRefused(store_name, 0, "a text with a NUL byte cannot be stored");
    }
}

std::int64_t limit(std::size_t rows) {
    return static_cast<std::int64_t>(std::min<std::size_t>(rows, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace twinfleet::postgres

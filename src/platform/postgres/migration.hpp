#pragma once

#include <string_view>

namespace twinfleet::postgres {

/// One numbered step of a schema. Steps run in the order of their numbers, each in one transaction with its record in
/// `<schema>.schema_migrations`; a step that is recorded is not run again.
struct Migration {
    int number;
    std::string_view name;
    std::string_view sql;
};

}  // namespace twinfleet::postgres

#pragma once

#include <filesystem>

namespace twinfleet::testing {

/// The root of the checkout that the tests were built from: for tests that read its files.
[[nodiscard]] std::filesystem::path source_tree();

}  // namespace twinfleet::testing

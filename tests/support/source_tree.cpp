#include "tests/support/source_tree.hpp"

namespace twinfleet::testing {

// The one place that is told the folder of the checkout, so that the other objects serve in any checkout (ccache).
std::filesystem::path source_tree() {
    return TWINFLEET_SOURCE_DIR;
}

}  // namespace twinfleet::testing

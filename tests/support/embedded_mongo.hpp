#pragma once

#include <filesystem>
#include <string>

#include "tests/support/server_process.hpp"

namespace twinfleet::testing {

/// An embedded MongoDB-protocol server of a test's own. The Java class path is TWINFLEET_EMBEDDED_MONGO_CLASSPATH or
/// what tools/embedded_mongo was built into.
class EmbeddedMongo : public ServerProcess {
public:
    /// With `data_file` (H2's) what was written survives stop() and restart().
    explicit EmbeddedMongo(const std::filesystem::path& data_file = {});

    [[nodiscard]] std::string uri() const { return "mongodb://127.0.0.1:" + std::to_string(port()); }
};

}  // namespace twinfleet::testing

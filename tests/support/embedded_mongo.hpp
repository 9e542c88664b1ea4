#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/support/server_process.hpp"

namespace twinfleet::testing {

/// What an embedded MongoDB-protocol server does with writes (tools/embedded_mongo/src/main/java/Likeness.java).
enum class MongoLikeness : std::uint8_t {
    faithful,     ///< the same as a MongoDB: it sets empty Timestamps of inserted documents
    only_similar  ///< as servers may that only resemble one: it keeps them empty, and has times of whole seconds
};
/// As part of a test's name.
[[nodiscard]] std::string name_of(MongoLikeness likeness);

/// An embedded MongoDB-protocol server of a test's own, from what tools/embedded_mongo was built into.
class EmbeddedMongo : public ServerProcess {
public:
    /// With `data_file` (H2's) what was written survives stop() and restart().
    explicit EmbeddedMongo(const std::filesystem::path& data_file = {},
                           MongoLikeness likeness = MongoLikeness::faithful);

    [[nodiscard]] std::string uri() const { return "mongodb://127.0.0.1:" + std::to_string(port()); }
};

}  // namespace twinfleet::testing

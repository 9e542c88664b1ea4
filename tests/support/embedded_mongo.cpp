#include "tests/support/embedded_mongo.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "tests/support/source_tree.hpp"

namespace twinfleet::testing {
namespace {

std::string classpath() {
    if (const char* given = std::getenv("TWINFLEET_EMBEDDED_MONGO_CLASSPATH"); given != nullptr && *given != '\0') {
        return given;
    }
    const std::string folder = source_tree() / "tools/embedded_mongo/target/";
    if (!std::filesystem::exists(folder + "embedded-mongo.jar")) {
        throw std::runtime_error("build the embedded MongoDB server: ./dev up, or run ./dev test");
    }
    return folder + "embedded-mongo.jar:" + folder + "lib/*";
}

ServerProcess::Command command_for(const std::filesystem::path& data_file) {
    const auto words = [data_file](std::uint16_t port, const std::filesystem::path&) {
        std::vector<std::string> java{
            "java", "-Xmx2g", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
            // Commands that it does not know, and clients that were killed.
            "-Dorg.slf4j.simpleLogger.log.de.bwaldvogel.mongo.wire.MongoWireProtocolHandler=off",
            "-Dorg.slf4j.simpleLogger.log.de.bwaldvogel.mongo.wire.MongoExceptionHandler=off", "-cp", classpath(),
            "EmbeddedMongo", std::to_string(port)};
        if (!data_file.empty()) {
            java.push_back(data_file.string());
        }
        return java;
    };
    return {.name = "the embedded MongoDB server",
            .words = words,
            .ready_text = "listening on",
            .start_timeout = std::chrono::seconds(60)};
}

}  // namespace

EmbeddedMongo::EmbeddedMongo(const std::filesystem::path& data_file) : ServerProcess(command_for(data_file)) {}

}  // namespace twinfleet::testing

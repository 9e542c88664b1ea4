#include "tests/support/embedded_mongo.hpp"

#include <chrono>
#include <stdexcept>
#include <vector>

#include "tests/support/source_tree.hpp"

namespace twinfleet::testing {
namespace {

ServerProcess::Command command_for(const std::filesystem::path& data_file, MongoLikeness likeness) {
    const std::string folder = source_tree() / "tools/embedded_mongo/";
    if (!std::filesystem::exists(folder + "target/embedded-mongo.jar")) {
        throw std::runtime_error("build the embedded MongoDB server: ./dev up, or run ./dev test");
    }
    const auto words = [=](std::uint16_t port, const std::filesystem::path&) {
        std::vector<std::string> words{folder + "serve", std::to_string(port)};
        if (!data_file.empty()) {
            words.push_back(data_file.string());
        }
        if (likeness == MongoLikeness::only_similar) {
            words.emplace_back("--only-similar");
        }
        return words;
    };
    return {.name = "the embedded MongoDB server",
            .words = words,
            .ready_text = "listening on",
            .start_timeout = std::chrono::seconds(60)};
}

}  // namespace

std::string name_of(MongoLikeness likeness) {
    return likeness == MongoLikeness::faithful ? "Faithful" : "OnlySimilar";
}

EmbeddedMongo::EmbeddedMongo(const std::filesystem::path& data_file, MongoLikeness likeness)
    : ServerProcess(command_for(data_file, likeness)) {}

}  // namespace twinfleet::testing

#include "platform/config/file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "platform/config/error.hpp"

namespace twinfleet::config {

std::string read_file(const std::filesystem::path& path) {
    const auto refuse = [&path](const std::string& found) -> Error {
        return Error({Problem{path.string(), 0, "", found}});
    };
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    if (!std::filesystem::exists(status)) {
        throw refuse("expected a file, found none");
    }
    if (std::filesystem::is_directory(status)) {
        throw refuse("expected a file, found a directory");
    }
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    std::string text(file_bytes_max + 1, '\0');
    if (!stream.read(text.data(), static_cast<std::streamsize>(text.size())) && !stream.eof()) {
        throw refuse("expected a file that can be read (" + std::generic_category().message(errno) + ")");
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > file_bytes_max) {
        throw refuse("expected at most " + std::to_string(file_bytes_max) + " bytes, found more");
    }
    return text;
}

namespace {

using std::filesystem::perms;

bool allows_others(const std::filesystem::path& path, perms what) {
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    return std::filesystem::exists(status) && !std::filesystem::is_character_file(status) &&
           (status.permissions() & what) != perms::none;
}

}  // namespace

bool is_open_to_others(const std::filesystem::path& path) {
    return allows_others(path, perms::others_read | perms::others_write);
}

std::string open_to_others_message(const std::filesystem::path& path) {
    return "expected a file that only its owner and its group can read, as it holds secrets: chmod o-rwx " +
           path.string();
}

std::string read_trusted_file(const std::filesystem::path& path) {
    if (allows_others(path, perms::others_write)) {
        throw Error({Problem{path.string(), 0, "",
                             "expected a file that only its owner and its group can change, as it says who is let in: "
                             "chmod o-w " +
                                 path.string()}});
    }
    return read_file(path);
}

std::string read_secret_file(const std::filesystem::path& path) {
    if (is_open_to_others(path)) {
        throw Error({Problem{path.string(), 0, "", open_to_others_message(path)}});
    }
    return read_file(path);
}

}  // namespace twinfleet::config

#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/log/logger.hpp"

namespace twinfleet::api {

/// Who may call which endpoints (contract, section 4): a YAML file
///
///     tokens: [{name, sha256, endpoints: ["POST /v1/children/drivers", "GET /v1/links/*", ...] or ["*"]}]
///
/// `*` stands for any rest of the path. Several entries may bear one name (rotation), none the same token. Safe to use
/// from any thread.
class ServiceTokens {
public:
    struct Entry {
        std::string name;
        /// 64 hex digits of the token's SHA-256.
        std::string sha256;
        std::vector<std::string> endpoints;
    };

    /// Throws config::Error with every problem of the file.
    [[nodiscard]] static ServiceTokens read(const std::filesystem::path& file);
    /// The same from the file's text; `file_name` is for messages.
    [[nodiscard]] static ServiceTokens parse(std::string_view text, std::string file_name);
    /// Throws std::invalid_argument for an entry that is wrong.
    explicit ServiceTokens(std::vector<Entry> entries);

    struct Caller {
        std::string name;
        bool is_allowed = false;
    };
    /// `authorization` is the header's value, `Bearer <token>`; nullopt for no known token. Compares in constant time.
    [[nodiscard]] std::optional<Caller> caller(std::optional<std::string_view> authorization, std::string_view method,
                                               std::string_view path) const;

private:
    struct Known {
        std::string name;
        std::array<unsigned char, 32> sha256;
        std::vector<std::string> endpoints;
    };
    std::vector<Known> known_;
};

/// The tokens of a file that may change while the process runs: a change is in force within 5 s, a broken one is
/// refused with a line in the log, and what was in force stays. Safe to use from any thread.
class ServiceTokensFile {
public:
    /// Throws config::Error when the file is missing or wrong, std::invalid_argument for a poll_interval that is not
    /// from 1 ms to 2 s. `log` must outlive this.
    ServiceTokensFile(const std::filesystem::path& path, log::Logger& log,
                      std::chrono::milliseconds poll_interval = std::chrono::milliseconds{1'000});
    ~ServiceTokensFile();
    ServiceTokensFile(const ServiceTokensFile&) = delete;
    ServiceTokensFile& operator=(const ServiceTokensFile&) = delete;

    /// Never nullptr.
    [[nodiscard]] std::shared_ptr<const ServiceTokens> snapshot() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::api

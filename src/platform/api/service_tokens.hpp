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

#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::api {

/// Which callers may use which endpoints (contract, section 4), as a YAML file says:
///
///     tokens: [{name, sha256, endpoints: ["POST /v1/children/drivers", "GET /v1/links/*", ...] or ["*"], expires_at}]
///
/// `expires_at` (RFC 3339) may be left out; from that time on the token is unknown. `*` stands for any rest of the
/// path. Several entries may have one name, so that a token can be replaced while the old one is still in use, but no
/// two have the same token. Safe to use from any thread.
class ServiceTokens {
public:
    struct Entry {
        std::string name;
        /// The SHA-256 of the token, as 64 hex digits.
        std::string sha256;
        std::vector<std::string> endpoints;
        /// nullopt: never.
        std::optional<platform::Time> expires_at = std::nullopt;
    };

    /// Reads such a file. Throws config::Error with every problem that it has, also when others than its owner and
    /// group may read it.
    [[nodiscard]] static ServiceTokens read(const std::filesystem::path& file);
    /// The same from the text of the file. `file_name` is used in messages only.
    [[nodiscard]] static ServiceTokens parse(std::string_view text, std::string file_name);
    /// Throws std::invalid_argument for an entry that is wrong.
    explicit ServiceTokens(std::vector<Entry> entries);

    /// The caller that a token belongs to, and whether it may use the endpoint.
    struct Caller {
        std::string name;
        bool is_allowed = false;
    };
    /// The caller of a request. `authorization` is the value of the header, `Bearer <token>`; nullopt when it shows no
    /// known token. Tokens are compared in constant time.
    [[nodiscard]] std::optional<Caller> caller(std::optional<std::string_view> authorization, std::string_view method,
                                               std::string_view path,
                                               platform::Time now = platform::SystemClock().now()) const;

private:
    struct Known {
        std::string name;
        std::array<unsigned char, 32> sha256;
        std::vector<std::string> endpoints;
        std::optional<platform::Time> expires_at;
    };
    std::vector<Known> known_;
};

/// The tokens of a file that may change while the process runs: a change is in force within 5 s. A broken file is
/// refused with a line in the log, and the tokens that were in force stay. Safe to use from any thread.
class ServiceTokensFile {
public:
    /// Throws config::Error when the file is missing or wrong, and std::invalid_argument when `poll_interval` is not
    /// from 1 ms to 2 s. `log` outlives this.
    ServiceTokensFile(const std::filesystem::path& path, log::Logger& log,
                      std::chrono::milliseconds poll_interval = std::chrono::milliseconds{1'000});
    ~ServiceTokensFile();
    ServiceTokensFile(const ServiceTokensFile&) = delete;
    ServiceTokensFile& operator=(const ServiceTokensFile&) = delete;

    /// The tokens in force; never nullptr.
    [[nodiscard]] std::shared_ptr<const ServiceTokens> snapshot() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::api

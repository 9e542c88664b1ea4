#include "platform/api/service_tokens.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include <sodium.h>

#include "platform/api/bearer_token.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/config/file.hpp"
#include "platform/config/file_watch.hpp"
#include "platform/config/reader.hpp"

namespace twinfleet::api {

namespace {

using Digest = std::array<unsigned char, crypto_hash_sha256_BYTES>;

constexpr std::string_view expected_sha256 = "expected 64 hex digits, the SHA-256 of a token";
constexpr std::string_view expected_endpoint =
    "expected endpoints like \"GET /v1/links/*\" (a `*` only at the end), or \"*\" alone";

std::optional<Digest> read_digest(const std::string& hex) {
    Digest digest{};
    std::size_t size = 0;
    const char* end = nullptr;
    const bool is_hex =
        sodium_hex2bin(digest.data(), digest.size(), hex.data(), hex.size(), nullptr, &size, &end) == 0 &&
        size == digest.size() && end == hex.data() + hex.size();
    return is_hex ? std::optional(digest) : std::nullopt;
}

bool is_endpoint(std::string_view text) {
    if (text == "*") {
        return true;
    }
    const auto space = text.find(' ');
    if (space == 0 || space == std::string_view::npos) {
        return false;
    }
    const auto method = text.substr(0, space);
    const auto path = text.substr(space + 1);
    return std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
           path.starts_with('/') && path.find(' ') == std::string_view::npos && path.find('*') >= path.size() - 1;
}

bool allows(std::string_view endpoint, std::string_view method, std::string_view path) {
    if (endpoint == "*") {
        return true;
    }
    if (endpoint.size() <= method.size() || !endpoint.starts_with(method) || endpoint[method.size()] != ' ') {
        return false;
    }
    endpoint.remove_prefix(method.size() + 1);
    return endpoint.ends_with('*') ? path.starts_with(endpoint.substr(0, endpoint.size() - 1)) : path == endpoint;
}

ServiceTokens::Entry read_entry(config::Reader& place) {
    ServiceTokens::Entry entry{.name = place.required<std::string>("name"),
                               .sha256 = place.required<std::string>("sha256"),
                               .endpoints = place.required<std::vector<std::string>>("endpoints")};
    if (!entry.sha256.empty() && !read_digest(entry.sha256)) {
        place.refuse("sha256", std::string(expected_sha256));
    }
    if (!std::all_of(entry.endpoints.begin(), entry.endpoints.end(), is_endpoint)) {
        place.refuse("endpoints", std::string(expected_endpoint));
    }
    if (const auto expires_at = place.find<std::string>("expires_at")) {
        entry.expires_at = platform::parse_time(*expires_at);
        if (!entry.expires_at) {
            place.refuse("expires_at", "expected a time (RFC 3339) like 2030-01-31T00:00:00Z");
        }
    }
    return entry;
}

}  // namespace

ServiceTokens ServiceTokens::read(const std::filesystem::path& file) {
    return parse(config::read_trusted_file(file), file.string());
}

ServiceTokens ServiceTokens::parse(std::string_view text, std::string file_name) {
    // The file alone counts: no environment variable stands for a token.
    auto root = config::Reader::from_text(text, std::move(file_name));
    if (!root.has("tokens")) {
        root.refuse("tokens", "expected a list of tokens, found nothing");
    }
    std::vector<Entry> entries;
    for (auto& place : root.items("tokens")) {
        const auto problems_before = place.problem_count();
        auto entry = read_entry(place);
        if (place.problem_count() != problems_before) {
            continue;
        }
        const auto digest = read_digest(entry.sha256);
        if (std::any_of(entries.begin(), entries.end(),
                        [&](const Entry& other) { return read_digest(other.sha256) == digest; })) {
            place.refuse("sha256", "expected a token that no other entry has");
        }
        entries.push_back(std::move(entry));
    }
    root.finish();
    return ServiceTokens(std::move(entries));
}

ServiceTokens::ServiceTokens(std::vector<Entry> entries) {
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium cannot be initialized");
    }
    for (Entry& entry : entries) {
        const auto digest = read_digest(entry.sha256);
        if (!digest) {
            throw std::invalid_argument(std::string(expected_sha256));
        }
        if (!std::all_of(entry.endpoints.begin(), entry.endpoints.end(), is_endpoint)) {
            throw std::invalid_argument(std::string(expected_endpoint));
        }
        known_.push_back({std::move(entry.name), *digest, std::move(entry.endpoints), entry.expires_at});
    }
}

std::optional<ServiceTokens::Caller> ServiceTokens::caller(std::optional<std::string_view> authorization,
                                                           std::string_view method, std::string_view path,
                                                           platform::Time now) const {
    const auto token = bearer_token(authorization);
    if (!token) {
        return std::nullopt;
    }
    Digest digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(token->data()), token->size());
    const Known* found = nullptr;
    // To the end, whatever is found, so that the time tells nothing.
    for (const Known& known : known_) {
        if (sodium_memcmp(known.sha256.data(), digest.data(), digest.size()) == 0) {
            found = &known;
        }
    }
    if (found == nullptr || (found->expires_at && *found->expires_at <= now)) {
        return std::nullopt;
    }
    const bool is_allowed = std::any_of(found->endpoints.begin(), found->endpoints.end(),
                                        [&](const auto& endpoint) { return allows(endpoint, method, path); });
    return Caller{.name = found->name, .is_allowed = is_allowed};
}

struct ServiceTokensFile::State {
    State(const std::filesystem::path& path, const std::string& text, log::Logger& log)
        : current(std::make_shared<const ServiceTokens>(ServiceTokens::parse(text, path.string()))),
          watch(path, text,
                {.take =
                     [this, &log, name = path.string()](const std::string& changed) {
                         auto tokens = std::make_shared<const ServiceTokens>(ServiceTokens::parse(changed, name));
                         current.with([&](auto& in_force) { in_force = std::move(tokens); });
                         log.info("service tokens changed", {{"file", name}});
                     },
                 .refused =
                     [&log](const std::string& reason) {
                         log.error("service tokens refused, the old ones stay in force", {{"reason", reason}});
                     },
                 .read = config::read_trusted_file}) {}

    platform::Guarded<std::shared_ptr<const ServiceTokens>> current;
    config::FileWatch watch;
    /// Last, so that it ends first.
    std::jthread poller;
};

ServiceTokensFile::ServiceTokensFile(const std::filesystem::path& path, log::Logger& log,
                                     std::chrono::milliseconds poll_interval) {
    using namespace std::chrono_literals;
    // A change is taken at the second look, so within two intervals.
    if (poll_interval < 1ms || poll_interval > 2s) {
        throw std::invalid_argument("poll_interval must be from 1 ms to 2 s");
    }
    state_ = std::make_unique<State>(path, config::read_trusted_file(path), log);
    state_->poller = std::jthread([watch = &state_->watch, poll_interval](const std::stop_token& stop) {
        while (platform::wait_for(stop, poll_interval)) {
            watch->look();
        }
    });
}

ServiceTokensFile::~ServiceTokensFile() = default;

std::shared_ptr<const ServiceTokens> ServiceTokensFile::snapshot() const {
    return state_->current.with([](const auto& in_force) { return in_force; });
}

}  // namespace twinfleet::api

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twinfleet::driver_cache {

/// What a replica of driver-protocol tells the others: these drivers were made, or brought back, just now. Replicas of
/// different versions speak to each other, so a field that is not known is passed over.
struct NewcomerNews {
    /// Names the replica that tells.
    std::string from;
    /// Of drivers; news_ids_max at most.
    std::vector<std::string> ids;
};

inline constexpr std::size_t news_ids_max = 100;
inline constexpr std::size_t news_bytes_max = std::size_t{64} << 10;

/// `{"from": "...", "ids": ["...", ...]}`.
[[nodiscard]] std::string text_of(const NewcomerNews& news);
/// The news of such a text; nullopt when it is malformed or longer than news_bytes_max.
[[nodiscard]] std::optional<NewcomerNews> read_news(std::string_view text);

}  // namespace twinfleet::driver_cache

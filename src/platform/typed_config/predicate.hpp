#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "platform/config/reader.hpp"

namespace twinfleet::typed_config {

/// What is known about the case at hand. The texts must live as long as the call they are given to.
struct Arguments {
    std::optional<std::string_view> family = std::nullopt;
    std::optional<std::string_view> city_id = std::nullopt;
    std::optional<std::string_view> country_id = std::nullopt;
    std::optional<std::string_view> park_id = std::nullopt;
};

/// A condition on Arguments:
///
///     {type: true}                                    always
///     {type: eq, arg: city_id, value: Chicago}
///     {type: in_set, arg: city_id, set: [Chicago]}    an empty set holds nobody
///     {type: not, predicate: {...}}
///     {type: all_of, predicates: [...]}               of at least one
///     {type: any_of, predicates: [...]}               of at least one
///     {type: percent, arg: park_id, percent: 12.5, salt: pilot}
///
/// An argument that is absent makes eq, in_set and percent false.
class Predicate {
public:
    struct Node;

    /// Notes what is wrong in `place`; what comes back after a problem must not be used.
    [[nodiscard]] static Predicate parse(config::Reader place);

    [[nodiscard]] bool matches(const Arguments& arguments) const;

private:
    explicit Predicate(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
    std::shared_ptr<const Node> node_;
};

/// Predicates within predicates; deeper ones are refused.
inline constexpr int predicate_depth_max = 32;

/// Where in [0, 1'000'000) `argument` falls under `salt`; `percent` holds for those below `percent * 10'000`. So
/// whoever is in stays in when the figure grows, and two salts divide the same arguments independently. `percent` has
/// at most 4 decimals.
///
/// The number is BLAKE2b (RFC 7693) with 16 bytes of digest over the bytes of salt, one zero byte, and argument; its
/// first 8 bytes read as a little-endian number, modulo 1'000'000. In Python:
///     int.from_bytes(hashlib.blake2b(salt + b"\0" + argument, digest_size=16).digest()[:8], "little") % 1_000_000
[[nodiscard]] std::uint32_t percent_bucket(std::string_view salt, std::string_view argument);

}  // namespace twinfleet::typed_config

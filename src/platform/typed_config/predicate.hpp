#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/reader.hpp"

namespace twinfleet::typed_config {

/// One thing that is known about the case at hand. The texts must live as long as the call they are given to.
struct Argument {
    std::string_view name;
    /// nullopt: unknown in this case, as an argument that is not given is.
    std::optional<std::string_view> value;
};

/// Everything that is known about the case at hand, each name once.
using Arguments = std::span<const Argument>;

/// A condition on Arguments:
///
///     {type: true}                                    always
///     {type: eq, arg: region, value: north}
///     {type: in_set, arg: region, set: [north]}       an empty set holds nobody
///     {type: not, predicate: {...}}
///     {type: all_of, predicates: [...]}               of at least one
///     {type: any_of, predicates: [...]}               of at least one
///     {type: percent, arg: account_id, percent: 12.5, salt: pilot}
///
/// An argument that is unknown makes eq, in_set and percent false.
class Predicate {
public:
    struct Node;

    /// `argument_names` are those that `arg` may name. Notes what is wrong in `place`; what comes back after a problem
    /// must not be used.
    [[nodiscard]] static Predicate parse(config::Reader place, const std::vector<std::string>& argument_names);

    [[nodiscard]] bool matches(Arguments arguments) const;

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

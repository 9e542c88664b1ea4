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

/// One thing that is known about the case that a config is evaluated for. The texts live as long as the call that they
/// are given to.
struct Argument {
    std::string_view name;
    /// The value; nullopt when it is unknown in this case, which is the same as leaving the argument out.
    std::optional<std::string_view> value;
};

/// Everything that is known about a case. Each name is there once.
using Arguments = std::span<const Argument>;

/// A condition on Arguments:
///
///     {type: true}                                    always
///     {type: eq, arg: region, value: north}
///     {type: in_set, arg: region, set: [north]}       an empty set holds nothing
///     {type: not, predicate: {...}}
///     {type: all_of, predicates: [...]}               of at least one
///     {type: any_of, predicates: [...]}               of at least one
///     {type: percent, arg: account_id, percent: 12.5, salt: pilot}
///
/// An argument that is unknown makes eq, in_set and percent false. Texts are compared, and divided by percent, in
/// Unicode's normalization form C: two that look alike are the same, however the file or the case writes them.
class Predicate {
public:
    struct Node;

    /// Reads a predicate. `argument_names` are the names that `arg` may have. Problems are noted in `place`; after a
    /// problem the result must not be used.
    [[nodiscard]] static Predicate parse(config::Reader place, const std::vector<std::string>& argument_names);

    /// Whether the condition holds.
    [[nodiscard]] bool matches(Arguments arguments) const;

private:
    explicit Predicate(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
    std::shared_ptr<const Node> node_;
};

/// How many predicates may be within each other; deeper ones are refused.
inline constexpr int predicate_depth_max = 32;

/// The place in [0, 1'000'000) of `argument` under `salt`. The predicate `percent` holds for arguments whose place is
/// below `percent * 10'000`. So arguments for which it holds stay in when the figure grows, and two salts divide the
/// same arguments independently. `percent` has at most 4 decimals.
///
/// The place is computed by BLAKE2b (RFC 7693) with 16 bytes of digest over the bytes of salt, one zero byte, and
/// argument: the first 8 bytes of the digest, read as a little-endian number, modulo 1'000'000. In Python:
///
///     argument = unicodedata.normalize("NFC", argument).encode()
///     int.from_bytes(hashlib.blake2b(salt + b"\0" + argument, digest_size=16).digest()[:8], "little") % 1_000_000
[[nodiscard]] std::uint32_t percent_bucket(std::string_view salt, std::string_view argument);

}  // namespace twinfleet::typed_config

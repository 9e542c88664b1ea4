#include "platform/typed_config/predicate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <sodium.h>

#include "platform/text/nfc.hpp"

namespace twinfleet::typed_config {

namespace {

enum class Type { always, equal, in_set, negation, all_of, any_of, percent };

constexpr double buckets_per_percent = 10'000;
constexpr std::uint32_t buckets = 1'000'000;

std::optional<std::string_view> value_of(Arguments arguments, std::string_view name) {
    const auto found = std::find_if(arguments.begin(), arguments.end(),
                                    [&name](const Argument& argument) { return argument.name == name; });
    return found == arguments.end() ? std::nullopt : found->value;
}

}  // namespace

struct Predicate::Node {
    Type type = Type::always;
    /// Empty where the type asks for none.
    std::string argument;
    /// Sorted. Of equal, the one value.
    std::vector<std::string> values;
    std::vector<Node> predicates;
    std::string salt;
    /// Of percent: those below match.
    std::uint32_t bucket_end = 0;

    static Node parse(config::Reader& place, const std::vector<std::string>& argument_names, int depth);
    [[nodiscard]] bool matches(Arguments arguments) const;

private:
    void parse_children(config::Reader& place, const std::vector<std::string>& argument_names, int depth);
    void parse_percent(config::Reader& place);
};

Predicate::Node Predicate::Node::parse(config::Reader& place, const std::vector<std::string>& argument_names,
                                       int depth) {
    Node node;
    if (depth > predicate_depth_max) {
        place.refuse("", "expected at most " + std::to_string(predicate_depth_max) +
                             " predicates within each other, found more");
        return node;
    }
    const auto type = place.required_choice<Type>("type", {{"true", Type::always},
                                                           {"eq", Type::equal},
                                                           {"in_set", Type::in_set},
                                                           {"not", Type::negation},
                                                           {"all_of", Type::all_of},
                                                           {"any_of", Type::any_of},
                                                           {"percent", Type::percent}});
    if (!type) {
        // Which other keys belong here depends on it.
        for (const auto* key : {"arg", "value", "set", "predicate", "predicates", "percent", "salt"}) {
            place.allow(key);
        }
        return node;
    }
    node.type = *type;
    if (node.type == Type::equal || node.type == Type::in_set || node.type == Type::percent) {
        node.argument = place.required_name("arg", argument_names).value_or("");
    }
    switch (node.type) {
        case Type::always:
            break;
        case Type::equal:
            node.values.push_back(platform::nfc(place.required<std::string>("value")));
            break;
        case Type::in_set:
            for (const std::string& value : place.required<std::vector<std::string>>("set")) {
                node.values.push_back(platform::nfc(value));
            }
            std::sort(node.values.begin(), node.values.end());
            break;
        case Type::negation: {
            auto child = place.required_section("predicate");
            node.predicates.push_back(parse(child, argument_names, depth + 1));
            break;
        }
        case Type::all_of:
        case Type::any_of:
            node.parse_children(place, argument_names, depth);
            break;
        case Type::percent:
            node.parse_percent(place);
            break;
    }
    return node;
}

void Predicate::Node::parse_children(config::Reader& place, const std::vector<std::string>& argument_names, int depth) {
    const auto problems_before = place.problem_count();
    auto children = place.items("predicates");
    // all_of without any would hold for everybody: hardly what a half-written file means.
    if (children.empty() && place.problem_count() == problems_before) {
        place.refuse("predicates", "expected a list of at least one predicate, found none");
    }
    predicates.reserve(children.size());
    for (auto& child : children) {
        predicates.push_back(parse(child, argument_names, depth + 1));
    }
}

void Predicate::Node::parse_percent(config::Reader& place) {
    const double end = place.required<double>("percent", {.min = 0, .max = 100}) * buckets_per_percent;
    if (std::abs(end - std::round(end)) > 1e-6) {
        place.refuse("percent", "expected at most 4 decimals, found more");
    }
    bucket_end = static_cast<std::uint32_t>(std::round(end));
    salt = place.required<std::string>("salt");
    if (salt.find('\0') != std::string::npos) {
        place.refuse("salt", "expected a text without zero bytes, found one with");
    }
}

bool Predicate::Node::matches(Arguments arguments) const {
    const auto given = argument.empty() ? std::nullopt : value_of(arguments, argument);
    const auto argument_value = given ? std::optional(platform::nfc(*given)) : std::nullopt;
    const auto child_matches = [arguments](const Node& child) { return child.matches(arguments); };
    switch (type) {
        case Type::always:
            return true;
        case Type::equal:
        case Type::in_set:
            return argument_value && std::binary_search(values.begin(), values.end(), *argument_value);
        case Type::negation:
            return !predicates.front().matches(arguments);
        case Type::all_of:
            return std::all_of(predicates.begin(), predicates.end(), child_matches);
        case Type::any_of:
            return std::any_of(predicates.begin(), predicates.end(), child_matches);
        case Type::percent:
            return argument_value && percent_bucket(salt, *argument_value) < bucket_end;
    }
    return false;
}

Predicate Predicate::parse(config::Reader place, const std::vector<std::string>& argument_names) {
    return Predicate(std::make_shared<const Node>(Node::parse(place, argument_names, 1)));
}

bool Predicate::matches(Arguments arguments) const {
    return node_->matches(arguments);
}

std::uint32_t percent_bucket(std::string_view salt, std::string_view argument) {
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium cannot be initialized");
    }
    const auto feed = [](crypto_generichash_state& state, std::string_view bytes) {
        crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    };
    crypto_generichash_state state;
    std::array<unsigned char, crypto_generichash_BYTES_MIN> digest{};
    static_assert(crypto_generichash_BYTES_MIN == 16);
    crypto_generichash_init(&state, nullptr, 0, digest.size());
    feed(state, salt);
    feed(state, std::string_view("\0", 1));
    feed(state, argument);
    crypto_generichash_final(&state, digest.data(), digest.size());

    std::uint64_t number = 0;
    for (int i = 7; i >= 0; --i) {
        number = number << 8U | digest[static_cast<std::size_t>(i)];
    }
    return static_cast<std::uint32_t>(number % buckets);
}

}  // namespace twinfleet::typed_config

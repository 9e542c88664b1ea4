#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/concurrency/guarded.hpp"
#include "platform/typed_config/predicate.hpp"
#include "platform/typed_config/registry.hpp"

/// Configs: named values with a type, each chosen by predicates over arguments. A file is a map of names:
///
///     discount:
///       default: {share: 0}
///       clauses:                        # optional; the first that matches wins
///         - title: pilot regions        # unique within the config
///           predicate: {type: in_set, arg: region, set: [north]}
///           value: {share: 0.1}
namespace twinfleet::typed_config {

/// A value, and why it was chosen.
template <typename Value>
struct Evaluation {
    /// Lives as long as the TypedConfigs that it comes from.
    const Value& value;
    /// The title of the clause that matched; nullopt when the default was chosen.
    std::optional<std::string_view> clause;
};

/// What one file says. Does not change; safe to use from any thread.
class TypedConfigs {
public:
    /// Reads the text of a file. Throws config::Error with all problems when anything in it is wrong, so a file is in
    /// force as a whole or not at all. A file without any config is refused, too, since it is more likely one that is
    /// being written.
    [[nodiscard]] static std::shared_ptr<const TypedConfigs> parse(const Registry& registry, std::string_view text,
                                                                   std::string file_name);

    /// The value of a config for a case. `handle` must come from the registry that this was parsed with.
    template <typename Value>
    [[nodiscard]] const Value& evaluate(Handle<Value> handle, Arguments arguments) const {
        return *static_cast<const Value*>(choose(handle.index(), arguments).value);
    }
    /// The same, with the clause that was chosen.
    template <typename Value>
    [[nodiscard]] Evaluation<Value> explain(Handle<Value> handle, Arguments arguments) const {
        const auto chosen = choose(handle.index(), arguments);
        return {*static_cast<const Value*>(chosen.value), chosen.clause};
    }

    /// 32 hex digits that follow from the file's bytes alone.
    [[nodiscard]] const std::string& fingerprint() const noexcept { return fingerprint_; }

private:
    struct Clause {
        std::string title;
        Predicate predicate;
        std::shared_ptr<const void> value;
    };
    struct Config {
        std::shared_ptr<const void> default_value;
        std::vector<Clause> clauses;
    };
    struct Choice {
        const void* value;
        std::optional<std::string_view> clause;
    };

    TypedConfigs() = default;
    static Config parse_config(const Registry::Definition& definition, const std::vector<std::string>& argument_names,
                               config::Reader place);
    [[nodiscard]] Choice choose(std::size_t index, Arguments arguments) const;

    /// By Handle::index().
    std::vector<Config> configs_;
    std::string fingerprint_;
};

/// What TypedConfigs::fingerprint() would be for this text.
[[nodiscard]] std::string fingerprint_of(std::string_view text);

/// Where the configs in force come from. Safe to use from any thread.
class Source {
public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    /// The configs in force; never nullptr. A pass or a request should take one snapshot and use it throughout, so that
    /// its answers fit together.
    [[nodiscard]] virtual std::shared_ptr<const TypedConfigs> snapshot() const = 0;
};

/// Configs from a text instead of a file, for tests.
class InMemorySource final : public Source {
public:
    /// Throws config::Error when the text is wrong.
    InMemorySource(Registry registry, std::string_view text);
    /// Puts the configs of another text in force. Throws config::Error when the text is wrong; the old configs then
    /// stay in force.
    void replace(std::string_view text);
    [[nodiscard]] std::shared_ptr<const TypedConfigs> snapshot() const override;

private:
    const Registry registry_;
    platform::Guarded<std::shared_ptr<const TypedConfigs>> current_;
};

}  // namespace twinfleet::typed_config

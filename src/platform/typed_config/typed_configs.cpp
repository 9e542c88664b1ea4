#include "platform/typed_config/typed_configs.hpp"

#include <array>
#include <set>
#include <stdexcept>

#include <sodium.h>

namespace twinfleet::typed_config {

TypedConfigs::Config TypedConfigs::parse_config(const Registry::Definition& definition,
                                                const std::vector<std::string>& argument_names, config::Reader place) {
    Config config;
    if (!place.exists()) {
        return config;
    }
    const auto value_of = [&definition](config::Reader& parent, std::string_view key) -> std::shared_ptr<const void> {
        if (parent.has(key)) {
            return definition.parse(parent.at(key));
        }
        parent.refuse(key, "expected a value, found nothing");
        return nullptr;
    };
    config.default_value = value_of(place, "default");
    std::set<std::string> titles;
    for (auto& clause : place.items("clauses")) {
        const auto problems_before = clause.problem_count();
        auto title = clause.required<std::string>("title");
        if (clause.problem_count() == problems_before && (title.empty() || !titles.insert(title).second)) {
            clause.refuse("title", "expected a title that no other clause here has");
        }
        auto predicate = Predicate::parse(clause.required_section("predicate"), argument_names);
        config.clauses.push_back({std::move(title), std::move(predicate), value_of(clause, "value")});
    }
    return config;
}

std::shared_ptr<const TypedConfigs> TypedConfigs::parse(const Registry& registry, std::string_view text,
                                                        std::string file_name) {
    // The file alone counts: no environment variable stands for a clause.
    auto root = config::Reader::from_text(text, std::move(file_name));
    const std::shared_ptr<TypedConfigs> configs(new TypedConfigs());
    configs->fingerprint_ = fingerprint_of(text);
    if (root.empty()) {
        root.refuse("", "expected named configs, found nothing");
    }
    for (const auto& definition : registry.definitions()) {
        Config config;
        if (!definition.parse) {
            root.allow(definition.name);
        } else if (root.has(definition.name)) {
            config = parse_config(definition, registry.argument_names(), root.section(definition.name));
        } else {
            root.allow(definition.name);
            config.default_value = definition.when_absent;
        }
        configs->configs_.push_back(std::move(config));
    }
    root.finish();
    return configs;
}

TypedConfigs::Choice TypedConfigs::choose(std::size_t index, Arguments arguments) const {
    const Config& config = configs_.at(index);
    for (const Clause& clause : config.clauses) {
        if (clause.predicate.matches(arguments)) {
            return {clause.value.get(), clause.title};
        }
    }
    return {config.default_value.get(), std::nullopt};
}

std::string fingerprint_of(std::string_view text) {
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium cannot be initialized");
    }
    std::array<unsigned char, 16> digest{};
    crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       nullptr, 0);
    std::array<char, 2 * digest.size() + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
    return hex.data();
}

InMemorySource::InMemorySource(Registry registry, std::string_view text)
    : registry_(std::move(registry)), current_(TypedConfigs::parse(registry_, text, "configs in memory")) {}

void InMemorySource::replace(std::string_view text) {
    auto configs = TypedConfigs::parse(registry_, text, "configs in memory");
    current_.with([&configs](auto& current) { current.swap(configs); });
}

std::shared_ptr<const TypedConfigs> InMemorySource::snapshot() const {
    return current_.with([](const auto& current) { return current; });
}

}  // namespace twinfleet::typed_config

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/config/reader.hpp"

namespace twinfleet::typed_config {

/// Stands for a config that has a name and a value of type Value. Made by Registry::add().
template <typename Value>
class Handle {
public:
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

private:
    friend class Registry;
    explicit Handle(std::size_t index) : index_(index) {}
    std::size_t index_;
};

/// The configs that a program knows, and what their values look like. Must be complete before the first file is read.
///
///     Registry registry({"region", "account_id"});
///     struct Discount { double share = 0; };
///     const auto discount = registry.add<Discount>(
///         "discount", [](config::Reader value) { return Discount{value.required<double>("share")}; });
class Registry {
public:
    /// One config.
    struct Definition {
        std::string name;
        /// Reads a value. nullptr when the config is of other programs: then its name is known, and its values are not
        /// looked at.
        std::function<std::shared_ptr<const void>(config::Reader)> parse;
        /// The value when the file does not have the config.
        std::shared_ptr<const void> when_absent;
    };

    /// `argument_names` are the arguments that predicates may ask for.
    explicit Registry(std::vector<std::string> argument_names = {}) : argument_names_(std::move(argument_names)) {}

    /// Adds a config. `parse` reads a value, and a key that it does not read counts as unknown. A value that is a
    /// scalar is read by `value.itself<T>()`. `when_absent` is the value when the file does not have the config. Throws
    /// std::logic_error when the name is taken.
    template <typename Value, typename Parse>
    [[nodiscard]] Handle<Value> add(std::string name, Parse parse, Value when_absent = {}) {
        return Handle<Value>(insert({std::move(name),
                                     [parse = std::move(parse)](config::Reader place) -> std::shared_ptr<const void> {
                                         return std::make_shared<const Value>(parse(std::move(place)));
                                     },
                                     std::make_shared<const Value>(std::move(when_absent))}));
    }
    /// Allows a name in the file that other programs use.
    void allow(std::string name) { insert({std::move(name), nullptr, nullptr}); }

    [[nodiscard]] const std::vector<std::string>& argument_names() const noexcept { return argument_names_; }
    [[nodiscard]] const std::vector<Definition>& definitions() const noexcept { return definitions_; }

private:
    std::size_t insert(Definition definition);
    std::vector<std::string> argument_names_;
    std::vector<Definition> definitions_;
};

}  // namespace twinfleet::typed_config

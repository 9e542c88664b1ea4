#include "platform/typed_config/registry.hpp"

#include <algorithm>
#include <stdexcept>

namespace twinfleet::typed_config {

std::size_t Registry::insert(Definition definition) {
    const bool taken = std::any_of(definitions_.begin(), definitions_.end(),
                                   [&definition](const Definition& other) { return other.name == definition.name; });
    if (taken) {
        throw std::logic_error("two configs are named " + definition.name);
    }
    definitions_.push_back(std::move(definition));
    return definitions_.size() - 1;
}

}  // namespace twinfleet::typed_config

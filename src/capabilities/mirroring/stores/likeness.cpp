#include "capabilities/mirroring/stores/likeness.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "capabilities/mirroring/stores/document_fields.hpp"

namespace twinfleet::mirroring {
namespace {

bool has_content(bson::View child, bson::View wanted) {
    std::size_t fields = 0;
    for (const bson::Element& element : child) {
        if (element.key != version_field) {
            ++fields;
        }
    }
    std::size_t wanted_fields = 0;
    for (const bson::Element& element : wanted) {
        ++wanted_fields;
        const auto found = child.find(element.key);
        if (!found || !found->same_value(element)) {
            return false;
        }
    }
    return fields == wanted_fields;
}

}  // namespace

bool is_at_version(bson::View child, const ChildVersion& version) {
    const auto field = child.find(version_field);
    return field ? std::ranges::equal(field->whole, version.updated_ts) : version.updated_ts.empty();
}

bool is_written(bson::View child, const ChildUpdate& update) {
    if (update.replacement) {
        return has_content(child, update.replacement->view());
    }
    if (std::ranges::any_of(update.unset, [&](const std::string& field) { return child.find(field).has_value(); })) {
        return false;
    }
    for (const bson::Element& element : update.set.view()) {
        const auto found = child.find(element.key);
        if (!found || !found->same_value(element)) {
            return false;
        }
    }
    return true;
}

}  // namespace twinfleet::mirroring

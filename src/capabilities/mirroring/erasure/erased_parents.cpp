#include "capabilities/mirroring/erasure/erased_parents.hpp"

namespace twinfleet::mirroring {

ParentErased parent_erased_by(const ErasedParents& mark) {
    if (mark.field.empty()) {
        return {};
    }
    return [mark](bson::View driver) {
        const auto field = driver.find(mark.field);
        if (!field) {
            return false;
        }
        if (field->type == bson::Type::boolean) {
            return mark.value == (field->boolean() ? "true" : "false");
        }
        return field->is_string() && field->string() == mark.value;
    };
}

}  // namespace twinfleet::mirroring

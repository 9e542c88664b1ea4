#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_json.hpp"

#include <boost/json/parse.hpp>

#include "platform/clock/time_text.hpp"

namespace twinfleet::mirroring {

boost::json::object to_json(const ForeignEditRecord& record) {
    return {
        {"id", record.id},
        {"entity", record.entity},
        {"family", record.family},
        {"kind", to_string(record.edit.kind)},
        {"parent_id", record.edit.parent_id.value()},
        {"parent_park_id", record.edit.parent_park_id.value()},
        {"child_id", record.edit.child_id.value()},
        {"child_park_id", record.edit.child_park_id.value()},
        // Values may be nested deeper than the parser would go by itself.
        {"fields", boost::json::parse(record.edit.fields, {}, {.max_depth = 2'000})},
        {"found_at", platform::time_text(record.found_at)},
    };
}

}  // namespace twinfleet::mirroring

#include "apps/fleet_synchronizer/commands/foreign_edits.hpp"

#include <boost/json/object.hpp>

#include "apps/fleet_synchronizer/output/printable.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

/// Records are up to 64 KiB each.
constexpr std::size_t page = 100;

std::string record_json(const ForeignEditRecord& record) {
    std::string line = json::to_text(boost::json::object{
        {"id", record.id},
        {"entity", record.entity},
        {"family", record.family},
        {"kind", to_string(record.edit.kind)},
        {"parent_id", record.edit.parent_id.value()},
        {"parent_park_id", record.edit.parent_park_id.value()},
        {"child_id", record.edit.child_id.value()},
        {"child_park_id", record.edit.child_park_id.value()},
    });
    json::append_member(line, "fields", record.edit.fields);
    json::append_member(line, "found_at", json::to_text(boost::json::value(platform::time_text(record.found_at))));
    return line;
}

std::string record_text(const ForeignEditRecord& record) {
    return platform::time_text(record.found_at) + " " + record.entity + " (" + record.family + ") parent " +
           printable(record.edit.parent_id.value()) + ", child " + printable(record.edit.child_id.value()) + ": " +
           (record.edit.kind == ForeignEdit::Kind::removed ? "removed" : printable(record.edit.fields));
}

}  // namespace

process::ExitCode list_foreign_edits(const ListForeignEdits& options, ForeignEditStore& store, const Retry& retry,
                                     Console& console) {
    ForeignEditFilter filter;
    filter.park_id = options.park;
    filter.since = options.since;
    filter.limit = page;
    for (;;) {
        const auto records = retry([&] { return store.list(filter); });
        for (const ForeignEditRecord& record : records) {
            console.print(options.json ? record_json(record) : record_text(record));
        }
        if (records.size() < page) {
            return process::ExitCode::done;
        }
        filter.after_id = records.back().id;
    }
}

}  // namespace twinfleet::fleet_synchronizer

#include "apps/fleet_synchronizer/commands/foreign_edits.hpp"

#include "apps/fleet_synchronizer/output/printable.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_json.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

/// Records are up to 64 KiB each.
constexpr std::size_t page = 100;

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
            console.print(options.json ? json::to_text(to_json(record)) : record_text(record));
        }
        if (records.size() < page) {
            return process::ExitCode::done;
        }
        filter.after_id = records.back().id;
    }
}

}  // namespace twinfleet::fleet_synchronizer

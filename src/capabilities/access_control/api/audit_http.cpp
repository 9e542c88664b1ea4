#include "capabilities/access_control/api/audit_http.hpp"

#include "capabilities/access_control/api/directory_http.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/nullable.hpp"

namespace twinfleet::access_control {
namespace {

boost::json::object to_json(const AuditEntry& entry) {
    return {{"id", entry.id},
            {"at", platform::time_text(entry.at)},
            {"caller", entry.caller},
            {"user", json::or_null(entry.person, [](const std::string& person) { return person; })},
            {"entity", entry.entity},
            {"entity_id", entry.entity_id},
            {"action", entry.action},
            {"changes", entry.changes}};
}

}  // namespace

std::vector<api::Route> audit_routes(AuditTrail& trail) {
    const auto list = [&trail](const api::Call& call) {
        const ParkId park_id = park_in_path(call);
        const api::Query query(call, {"cursor", "limit"});
        const std::int64_t cursor = query.cursor_number();
        const auto page = api::read_page(
            query.limit(), [&](std::size_t count) { return trail.entries(park_id.value(), cursor, count); });
        return api::page_response(
            page, [](const AuditEntry& entry) { return to_json(entry); }, &AuditEntry::id);
    };
    return {{.method = "GET", .pattern = "/v1/parks/{park_id}/audit", .handler = api::BlockingHandler(list)}};
}

}  // namespace twinfleet::access_control

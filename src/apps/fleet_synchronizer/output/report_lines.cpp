#include "apps/fleet_synchronizer/output/report_lines.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "apps/fleet_synchronizer/output/json_object.hpp"
#include "capabilities/mirroring/jobs/dry_run_stores.hpp"
#include "platform/clock/time_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;
using platform::time_text;

double documents_per_second(const RunReport& report) {
    return report.duration_seconds > 0 ? static_cast<double>(report.counts.read) / report.duration_seconds : 0;
}

std::string padded(std::string text, std::size_t width, bool to_the_right) {
    if (text.size() < width) {
        text.insert(to_the_right ? 0 : text.size(), width - text.size(), ' ');
    }
    return text;
}

constexpr std::size_t names = 3;
constexpr std::array<std::pair<const char*, std::size_t>, 14> columns{{
    {"job", 10},
    {"family", 10},
    {"mode", 11},
    {"read", 11},
    {"created", 11},
    {"updated", 11},
    {"unchanged", 11},
    {"skipped", 11},
    {"retired", 7},
    {"quarantined", 11},
    {"dangling", 8},
    {"seconds", 9},
    {"per second", 10},
    {"lag", 9},
}};

std::string table_line(const std::array<std::string, columns.size()>& cells) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        line += (i == 0 ? "" : "  ") + padded(cells.at(i), columns.at(i).second, i >= names);
    }
    return line;
}

std::string seconds_text(double seconds) {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%.1f", seconds);
    return {text.data(), static_cast<std::size_t>(length)};
}

const char* to_string(OperationReport::Kind kind) {
    switch (kind) {
        case OperationReport::Kind::create:
            return "create";
        case OperationReport::Kind::update:
            return "update";
        case OperationReport::Kind::retire:
            break;
    }
    return "retire";
}

std::string value_json(const std::optional<bson::Element>& value) {
    return value ? bson::to_extended_json(*value) : "null";
}

/// For a person; a value that fills the screen helps nobody.
std::string value_text(const std::optional<bson::Element>& value) {
    constexpr std::size_t bytes_max = 200;
    if (!value) {
        return "(none)";
    }
    std::string text = bson::to_extended_json(*value);
    if (text.size() > bytes_max) {
        std::size_t end = bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
            --end;
        }
        text.resize(end);
        text += "...";
    }
    return text;
}

std::string or_none(std::string_view id) {
    return id.empty() ? "(none)" : printable(id);
}

std::string_view text_of(const std::optional<domain::ChildId>& id) {
    return id ? std::string_view(id->value()) : std::string_view();
}

}  // namespace

std::string job_json(const RunReport& report) {
    const RunCounts& counts = report.counts;
    return JsonObject()
        .text("job", report.job)
        .text("family", report.family)
        .text("mode", mirroring::to_string(report.mode))
        .boolean("dry_run", report.dry_run)
        .number("read", counts.read)
        .number("created", counts.created)
        .number("updated", counts.updated)
        .number("unchanged", counts.unchanged)
        .number("skipped", counts.skipped)
        .number("retired", counts.retired)
        .number("quarantined", counts.quarantined)
        .number("dangling_references", counts.dangling_references)
        .number("duration_s", report.duration_seconds)
        .number("docs_per_s", documents_per_second(report))
        .number("cpu_s", report.cpu_seconds)
        .number("lag_s", report.lag_seconds)
        .take();
}

std::string job_table_header() {
    std::array<std::string, columns.size()> cells;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        cells.at(i) = columns.at(i).first;
    }
    return table_line(cells);
}

std::string job_table_row(const RunReport& report) {
    const RunCounts& counts = report.counts;
    return table_line({
        report.job,
        report.family,
        mirroring::to_string(report.mode),
        grouped(counts.read),
        grouped(counts.created),
        grouped(counts.updated),
        grouped(counts.unchanged),
        grouped(counts.skipped),
        grouped(counts.retired),
        grouped(counts.quarantined),
        grouped(counts.dangling_references),
        seconds_text(report.duration_seconds),
        grouped(static_cast<std::uint64_t>(std::llround(documents_per_second(report)))),
        seconds_text(report.lag_seconds),
    });
}

std::string operation_json(const OperationReport& operation) {
    std::string diff = "{";
    for (const Difference::Field& field : operation.difference->fields) {
        if (diff.size() > 1) {
            diff += ',';
        }
        // A field's name may hold anything.
        diff += json_string(field.name) + ":" +
                JsonObject().raw("from", value_json(field.from)).raw("to", value_json(field.to)).take();
    }
    diff += '}';
    const bool is_made = !DryRunStores::is_of_child_to_be_made(*operation.child_id);
    return JsonObject()
        .text("op", to_string(operation.kind))
        .text("entity", operation.entity->name)
        .text("family", operation.family->name)
        .text("parent_id", operation.parent_id->value())
        .text_or_null("child_id", is_made ? operation.child_id->value() : "")
        .raw("diff", diff)
        .take();
}

std::string operation_text(const OperationReport& operation) {
    const bool is_made = !DryRunStores::is_of_child_to_be_made(*operation.child_id);
    std::string text = std::string(to_string(operation.kind)) + " " + std::string(operation.entity->name) + " (" +
                       operation.family->name + ") " + printable(operation.parent_id->value()) + " -> " +
                       (is_made ? printable(operation.child_id->value()) : "(new)");
    for (const Difference::Field& field : operation.difference->fields) {
        text += "\n    " + printable(field.name) + ": ";
        if (operation.kind != OperationReport::Kind::create) {
            text += value_text(field.from) + " -> ";
        }
        text += value_text(field.to);
    }
    return text;
}

std::string difference_json(const FoundDifference& difference) {
    JsonObject object;
    object.text("entity", difference.entity->name)
        .text("family", difference.family)
        .text_or_null("parent_id", difference.parent_id)
        .text_or_null("child_id", difference.child_id)
        .text("type", mirroring::to_string(difference.type))
        .texts("fields", difference.fields);
    if (difference.age_seconds) {
        object.number("age_s", *difference.age_seconds);
    } else {
        object.null("age_s");
    }
    return object.take();
}

std::string difference_text(const FoundDifference& difference) {
    std::string text = std::string(difference.entity->name) + " (" + difference.family + ") parent " +
                       or_none(difference.parent_id) + ", child " + or_none(difference.child_id) + ": " +
                       mirroring::to_string(difference.type);
    const char* separator = " in ";
    for (const std::string& field : difference.fields) {
        text += separator + printable(field);
        separator = ", ";
    }
    if (difference.age_seconds) {
        text += ", for up to " + seconds_text(*difference.age_seconds) + " s";
    }
    return text;
}

std::string links_json(std::string_view entity, const LinkAnswer& answer) {
    std::vector<std::string> links;
    for (const LinkedDocument& link : answer.links) {
        links.push_back(JsonObject()
                            .text("family", link.family)
                            .text("id", link.id)
                            .text("park_id", link.park_id)
                            .text("state", mirroring::to_string(link.state))
                            .text("created_at", time_text(link.created_at))
                            .text("synced_at", time_text(link.synced_at))
                            .take());
    }
    return JsonObject()
        .text("entity", entity)
        .text("id", answer.id)
        .text("role", mirroring::to_string(answer.role))
        .raw("links", json_array(links))
        .take();
}

std::string links_text(std::string_view entity, const LinkAnswer& answer) {
    std::string text = std::string(entity) + " " + printable(answer.id) + ": " + mirroring::to_string(answer.role);
    for (const LinkedDocument& link : answer.links) {
        text += "\n    " + link.family + ": " + printable(link.id) + " in park " + printable(link.park_id) + ", " +
                mirroring::to_string(link.state) + ", created " + time_text(link.created_at) + ", synced " +
                time_text(link.synced_at);
    }
    return text;
}

std::string quarantine_json(const QuarantineEntry& entry) {
    return JsonObject()
        .number("id", entry.id)
        .text("entity", entry.entity)
        .text("family", entry.family)
        .text("parent_id", entry.parent.parent_id)
        .text_or_null("parent_park_id", entry.parent.parent_park_id)
        .text("reason", entry.parent.reason)
        .text("since", time_text(entry.since))
        .text("last_try_at", time_text(entry.last_try_at))
        .take();
}

std::string quarantine_text(const QuarantineEntry& entry) {
    return padded(std::to_string(entry.id), 8, true) + "  " + padded(entry.entity, 10, false) + "  " +
           padded(entry.family, 10, false) + "  " + padded(entry.parent.reason, 24, false) + "  since " +
           time_text(entry.since) + "  last try " + time_text(entry.last_try_at) + "  " +
           printable(entry.parent.parent_id) + " in park " + or_none(entry.parent.parent_park_id);
}

std::string child_driver_json(const ChildDriver& child) {
    return JsonObject()
        .text("family", child.family.name)
        .text("driver_id", child.driver_id.value())
        .text("park_id", child.park_id.value())
        .text_or_null("car_id", text_of(child.car_id))
        .text_or_null("rule_id", text_of(child.rule_id))
        .boolean("created", child.created)
        .take();
}

std::string child_driver_text(const ChildDriver& child) {
    return std::string(child.created ? "created" : "was there") + ": driver " + printable(child.driver_id.value()) +
           " in park " + printable(child.park_id.value()) + ", car " + or_none(text_of(child.car_id)) + ", work rule " +
           or_none(text_of(child.rule_id));
}

std::string refusal_json(const CreationRefused& refused) {
    JsonObject details;
    if (!refused.reason.empty()) {
        details.text("reason", refused.reason);
    }
    return JsonObject()
        .text("code", mirroring::to_string(refused.refusal))
        .text("message", mirroring::message_of(refused.refusal))
        .raw("details", details.take())
        .take();
}

std::string refusal_text(const CreationRefused& refused) {
    return std::string(mirroring::to_string(refused.refusal)) + ": " +
           std::string(mirroring::message_of(refused.refusal)) +
           (refused.reason.empty() ? "" : " Reason: " + refused.reason);
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t end = digits.size(); end > 3; end -= 3) {
        digits.insert(end - 3, 1, ',');
    }
    return digits;
}

}  // namespace twinfleet::fleet_synchronizer

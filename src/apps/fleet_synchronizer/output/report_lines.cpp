#include "apps/fleet_synchronizer/output/report_lines.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "apps/fleet_synchronizer/output/printable.hpp"
#include "capabilities/mirroring/jobs/dry_run_stores.hpp"
#include "capabilities/mirroring/memory/runs/counts_json.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;
using platform::time_text;

double documents_per_second(const RunReport& report) {
    return report.duration_seconds > 0 ? static_cast<double>(report.counts.read) / report.duration_seconds : 0;
}

std::uint64_t created_with_in_all(const RunCounts& counts) {
    std::uint64_t sum = 0;
    for (const auto& [entity, count] : counts.created_with) {
        sum += count;
    }
    return sum;
}

/// Of what is counted in seconds, and of rates.
constexpr int seconds_decimals = 3;

std::string padded(std::string text, std::size_t width, bool to_the_right) {
    if (text.size() < width) {
        text.insert(to_the_right ? 0 : text.size(), width - text.size(), ' ');
    }
    return text;
}

constexpr std::size_t names = 3;
constexpr std::array<std::pair<const char*, std::size_t>, 15> columns{{
    {"job", 10},
    {"family", 10},
    {"mode", 11},
    {"read", 11},
    {"created", 11},
    {"with them", 9},
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

boost::json::value null_if_empty(std::string_view text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

}  // namespace

std::string job_json(const RunReport& report) {
    const RunCounts& counts = report.counts;
    return json::to_text(
        boost::json::object{
            {"job", report.job},
            {"family", report.family},
            {"mode", mirroring::to_string(report.mode)},
            {"dry_run", report.dry_run},
            {"read", counts.read},
            {"created", counts.created},
            {"created_with", created_with_json(counts.created_with)},
            {"updated", counts.updated},
            {"unchanged", counts.unchanged},
            {"skipped", counts.skipped},
            {"retired", counts.retired},
            {"quarantined", counts.quarantined},
            {"dangling_references", counts.dangling_references},
            {"duration_s", report.duration_seconds},
            {"docs_per_s", documents_per_second(report)},
            {"cpu_s", report.cpu_seconds},
            {"lag_s", report.lag_seconds},
        },
        seconds_decimals);
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
        grouped(created_with_in_all(counts)),
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
    std::string diff = "{}";
    for (const Difference::Field& field : operation.difference->fields) {
        std::string sides = "{}";
        json::append_member(sides, "from", value_json(field.from));
        json::append_member(sides, "to", value_json(field.to));
        json::append_member(diff, field.name, sides);
    }
    const bool is_made = !DryRunStores::is_of_child_to_be_made(*operation.child_id);
    std::string line = json::to_text(boost::json::object{
        {"op", to_string(operation.kind)},
        {"entity", operation.entity->name},
        {"family", operation.family->name},
        {"parent_id", operation.parent_id->value()},
        {"child_id", null_if_empty(is_made ? std::string_view(operation.child_id->value()) : "")},
    });
    json::append_member(line, "diff", diff);
    return line;
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
    return json::to_text(
        boost::json::object{
            {"entity", difference.entity->name},
            {"family", difference.family},
            {"parent_id", null_if_empty(difference.parent_id)},
            {"child_id", null_if_empty(difference.child_id)},
            {"type", mirroring::to_string(difference.type)},
            {"fields", boost::json::array(difference.fields.begin(), difference.fields.end())},
            {"age_s", difference.age_seconds ? boost::json::value(*difference.age_seconds) : nullptr},
        },
        seconds_decimals);
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
    boost::json::array links;
    for (const LinkedDocument& link : answer.links) {
        links.push_back(boost::json::object{
            {"family", link.family},
            {"id", link.id},
            {"park_id", link.park_id},
            {"state", mirroring::to_string(link.state)},
            {"created_at", time_text(link.created_at)},
            {"synced_at", time_text(link.synced_at)},
        });
    }
    return json::to_text(boost::json::object{
        {"entity", entity},
        {"id", answer.id},
        {"role", mirroring::to_string(answer.role)},
        {"links", std::move(links)},
    });
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
    return json::to_text(boost::json::object{
        {"id", entry.id},
        {"entity", entry.entity},
        {"family", entry.family},
        {"parent_id", entry.parent.parent_id},
        {"parent_park_id", null_if_empty(entry.parent.parent_park_id)},
        {"reason", entry.parent.reason},
        {"since", time_text(entry.since)},
        {"last_try_at", time_text(entry.last_try_at)},
    });
}

std::string quarantine_text(const QuarantineEntry& entry) {
    return padded(std::to_string(entry.id), 8, true) + "  " + padded(entry.entity, 10, false) + "  " +
           padded(entry.family, 10, false) + "  " + padded(entry.parent.reason, 24, false) + "  since " +
           time_text(entry.since) + "  last try " + time_text(entry.last_try_at) + "  " +
           printable(entry.parent.parent_id) + " in park " + or_none(entry.parent.parent_park_id);
}

std::string child_driver_json(const ChildDriver& child) {
    return json::to_text(boost::json::object{
        {"family", child.family.name},
        {"driver_id", child.driver_id.value()},
        {"park_id", child.park_id.value()},
        {"car_id", null_if_empty(text_of(child.car_id))},
        {"rule_id", null_if_empty(text_of(child.rule_id))},
        {"created", child.created},
    });
}

std::string child_driver_text(const ChildDriver& child) {
    return std::string(child.created ? "created" : "was there") + ": driver " + printable(child.driver_id.value()) +
           " in park " + printable(child.park_id.value()) + ", car " + or_none(text_of(child.car_id)) + ", work rule " +
           or_none(text_of(child.rule_id));
}

std::string refusal_json(const CreationRefused& refused) {
    boost::json::object details;
    if (!refused.reason.empty()) {
        details["reason"] = refused.reason;
    }
    return json::to_text(boost::json::object{
        {"code", mirroring::to_string(refused.refusal)},
        {"message", mirroring::message_of(refused.refusal)},
        {"details", std::move(details)},
    });
}

std::string refusal_text(const CreationRefused& refused) {
    return std::string(mirroring::to_string(refused.refusal)) + ": " +
           std::string(mirroring::message_of(refused.refusal)) +
           (refused.reason.empty() ? "" : " Reason: " + refused.reason);
}

std::string erasure_json(const Erasure& erasure) {
    const auto time_or_none = [](const std::optional<Time>& time) {
        return time ? boost::json::value(time_text(*time)) : boost::json::value(nullptr);
    };
    boost::json::object removed;
    for_each_place(erasure.removed, [&](const char* place, std::uint64_t count) { removed[place] = count; });
    return json::to_text(boost::json::object{
        {"parent_id", erasure.parent_id.value()},
        {"requested_at", time_text(erasure.requested_at)},
        {"requested_by", erasure.requested_by},
        {"erased_at", time_or_none(erasure.erased_at)},
        {"completed_at", time_or_none(erasure.completed_at)},
        {"problem", null_if_empty(erasure.problem)},
        {"removed", std::move(removed)},
    });
}

std::string erasure_text(const Erasure& erasure) {
    std::string text = "driver " + printable(erasure.parent_id.value()) + ": erasure asked for by " +
                       printable(erasure.requested_by) + " at " + time_text(erasure.requested_at) + "\nremoved so far:";
    for_each_place(erasure.removed, [&](std::string place, std::uint64_t count) {
        std::replace(place.begin(), place.end(), '_', ' ');
        text += "\n    " + place + ": " + grouped(count);
    });
    if (!erasure.problem.empty()) {
        return text + "\nnot done yet: " + erasure.problem +
               "; serve tries again every minute, and so does this command";
    }
    if (erasure.completed_at) {
        return text + "\ncomplete since " + time_text(*erasure.completed_at);
    }
    return text +
           "\neverything is gone; serve looks once more in a minute, for what was about to be written, and completes "
           "it";
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t end = digits.size(); end > 3; end -= 3) {
        digits.insert(end - 3, 1, ',');
    }
    return digits;
}

}  // namespace twinfleet::fleet_synchronizer

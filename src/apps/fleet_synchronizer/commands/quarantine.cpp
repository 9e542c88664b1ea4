#include "apps/fleet_synchronizer/commands/quarantine.hpp"

#include <algorithm>

#include <boost/json/object.hpp>

#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

/// Page by page, so that memory stays bounded; `action` says whether to go on.
template <typename Action>
void for_each_page(QuarantineStore& quarantine, QuarantineFilter filter, Action&& action) {
    for (;;) {
        const auto entries = quarantine.list(filter);
        if (entries.empty()) {
            return;
        }
        filter.after_id = entries.back().id;
        if (!action(entries) || entries.size() < filter.limit) {
            return;
        }
    }
}

class Retries {
public:
    Retries(const RetryQuarantine& options, const JobContext& context)
        : options_(options), context_(context), stores_(context) {}

    process::ExitCode run() {
        for (const domain::AppFamily& family : context_.families) {
            // In dependency order: what was aside because of its park can follow it.
            for (const Entity& entity : entities()) {
                if (!context_.dependencies.has_store(entity)) {
                    continue;
                }
                if (const process::ExitCode code = retry(entity, family); code != process::ExitCode::done) {
                    return code;
                }
            }
        }
        const std::uint64_t left = tried_.empty() ? 0 : count_left();
        const std::uint64_t released = tried_.size() - left;
        context_.console.print(options_.json ? json::to_text(boost::json::object{
                                                   {"tried", tried_.size()}, {"released", released}, {"left", left}})
                                             : grouped(tried_.size()) + " tried again, " + grouped(released) +
                                                   " out of quarantine, " + grouped(left) + " still in it");
        return left > 0 ? process::ExitCode::needs_attention : process::ExitCode::done;
    }

private:
    process::ExitCode retry(const Entity& entity, const domain::AppFamily& family) {
        QuarantineFilter filter;
        filter.entity = entity.name;
        filter.family = family.name;
        filter.ids = options_.ids;
        std::unique_ptr<HeldLease> lease;
        process::ExitCode code = process::ExitCode::done;
        for_each_page(stores_.quarantine(), filter, [&](const std::vector<QuarantineEntry>& entries) {
            if (lease == nullptr) {
                lease = acquire_lease(context_, entity, family);
            }
            if (context_.stop.stop_requested()) {
                code = process::ExitCode::interrupted;
                return false;
            }
            if (lease == nullptr) {
                code = process::ExitCode::lease_is_held;
                return false;
            }
            try {
                context_.retry([&] { static_cast<void>(context_.runner.retry(entity, family, entries, *lease)); });
            } catch (const LeaseLost&) {
                say_lease_lost(context_, entity, family);
                code = process::ExitCode::lease_is_held;
                return false;
            }
            for (const QuarantineEntry& entry : entries) {
                tried_.push_back(entry.id);
            }
            return true;
        });
        return code;
    }

    /// Of those that were tried: others may have come in meanwhile.
    [[nodiscard]] std::uint64_t count_left() {
        std::uint64_t left = 0;
        constexpr std::size_t ids_per_query = 1000;
        for (std::size_t begin = 0; begin < tried_.size(); begin += ids_per_query) {
            const std::size_t end = std::min(begin + ids_per_query, tried_.size());
            QuarantineFilter filter;
            filter.limit = ids_per_query;
            filter.ids.assign(tried_.begin() + static_cast<std::ptrdiff_t>(begin),
                              tried_.begin() + static_cast<std::ptrdiff_t>(end));
            left += stores_.quarantine().list(filter).size();
        }
        return left;
    }

    const RetryQuarantine& options_;
    const JobContext& context_;
    RetryingStores stores_;
    std::vector<std::int64_t> tried_;
};

}  // namespace

process::ExitCode list_quarantine(const ListQuarantine& options, QuarantineStore& quarantine, Console& console) {
    QuarantineFilter filter;
    filter.ids = options.ids;
    std::uint64_t count = 0;
    for_each_page(quarantine, filter, [&](const std::vector<QuarantineEntry>& entries) {
        for (const QuarantineEntry& entry : entries) {
            console.print(options.json ? quarantine_json(entry) : quarantine_text(entry));
        }
        count += entries.size();
        return true;
    });
    if (!options.json) {
        console.say(count == 0 ? "nothing is in quarantine" : grouped(count) + " entries");
    }
    return process::ExitCode::done;
}

process::ExitCode retry_quarantine(const RetryQuarantine& options, const JobContext& context) {
    return Retries(options, context).run();
}

process::ExitCode drop_quarantine(const DropQuarantine& options, QuarantineStore& quarantine, Console& console) {
    std::size_t dropped = 0;
    QuarantineFilter filter;
    filter.ids = options.ids;
    for_each_page(quarantine, filter, [&](const std::vector<QuarantineEntry>& entries) {
        std::vector<std::int64_t> ids;
        ids.reserve(entries.size());
        for (const QuarantineEntry& entry : entries) {
            ids.push_back(entry.id);
        }
        dropped += quarantine.drop(ids);
        return true;
    });
    console.print(options.json ? json::to_text(boost::json::object{{"dropped", dropped}})
                               : grouped(dropped) + (dropped == 1 ? " entry" : " entries") + " dropped");
    return process::ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer

#include "capabilities/mirroring/memory/runs/counts_json.hpp"

#include <boost/json/parse.hpp>

namespace twinfleet::mirroring {

boost::json::object created_with_json(const CountsByEntity& created_with) {
    boost::json::object counts{{"cars", 0U}, {"work_rules", 0U}};
    for (const auto& [entity, count] : created_with) {
        counts[entity] = count;
    }
    return counts;
}

CountsByEntity created_with_from_json(std::string_view text) {
    CountsByEntity created_with;
    const boost::json::value parsed = boost::json::parse(text);
    for (const auto& member : parsed.as_object()) {
        if (const auto count = member.value().to_number<std::uint64_t>(); count > 0) {
            created_with.emplace(std::string(member.key().data(), member.key().size()), count);
        }
    }
    return created_with;
}

}  // namespace twinfleet::mirroring

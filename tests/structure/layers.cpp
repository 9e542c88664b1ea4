#include "tests/structure/layers.hpp"

#include <map>
#include <regex>
#include <set>

#include "tests/structure/source_tree.hpp"

namespace twinfleet::structure {
namespace {

/// First two folders of a path below src/: {"platform", "mongo"}, {"capabilities", "mirroring"}.
struct Place {
    std::string layer;
    std::string part;
};

Place place_of(const std::string& path) {
    const auto first = path.find('/');
    const auto second = path.find('/', first + 1);
    return {path.substr(0, first), first == std::string::npos ? "" : path.substr(first + 1, second - first - 1)};
}

}  // namespace

std::optional<std::string> layer_objection(const std::string& file, const std::string& included) {
    const Place from = place_of(file);
    const Place to = place_of(included);
    static const std::map<std::string, std::set<std::string>> allowed{
        {"apps", {"apps", "capabilities", "clients", "domain", "platform"}},
        {"capabilities", {"capabilities", "clients", "domain", "platform"}},
        {"clients", {"clients", "domain", "platform"}},
        {"domain", {"domain"}},
        {"platform", {"platform"}},
    };
    const auto rule = allowed.find(from.layer);
    if (rule == allowed.end()) {
        return "no such layer: " + from.layer;
    }
    if (!rule->second.contains(to.layer)) {
        return from.layer + " may not include " + to.layer;
    }
    if (from.layer == "apps" && to.layer == "apps" && from.part != to.part) {
        return "an app may not include another app";
    }
    return std::nullopt;
}

std::optional<std::string> driver_objection(const std::string& file, const std::string& included) {
    static const std::regex adapter(R"(.*_(mongo|postgres|redis|http)(_store_test|_test)?\.(cpp|hpp)$)");
    static const std::regex driver(R"(^(platform/(mongo|postgres|redis|http_client)|clients)/.*)");
    const bool is_rule = file.starts_with("capabilities/") && !std::regex_match(file, adapter) &&
                         file.find("/testing/") == std::string::npos && !file.ends_with("_store_test.cpp");
    if (is_rule && std::regex_match(included, driver)) {
        return "only *_mongo, *_postgres, *_redis and *_http files may speak to a store or to another service";
    }
    return std::nullopt;
}

}  // namespace twinfleet::structure

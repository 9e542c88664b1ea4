#include "simulator/accounts/drivers_mongo.hpp"

#include <algorithm>
#include <unordered_set>

#include "platform/bson/builder.hpp"
#include "simulator/random.hpp"

namespace twinfleet::simulator {
namespace {

constexpr std::int64_t parks_max = 1'000;
constexpr std::size_t parks_per_query = 50;

std::string text(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    return element && element->is_string() ? std::string(element->string()) : std::string();
}

bson::Document fields(std::initializer_list<std::string_view> names) {
    bson::Builder builder;
    for (const auto name : names) {
        builder.int32(name, 1);
    }
    return builder.take();
}

/// `{field: {$in: [...]}, ...}`, to be gone on with.
bson::Builder where_in(std::string_view field, const std::vector<std::string>& values, std::size_t begin,
                       std::size_t end) {
    const std::vector<std::string_view> some(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                             values.begin() + static_cast<std::ptrdiff_t>(end));
    bson::Builder filter;
    filter.begin_document(field).array("$in", bson::string_array(some)).end();
    return filter;
}

std::vector<std::string> mirrored_parks(const mongo::Collection& parks, std::string_view family) {
    bson::Builder children;
    // Every text is greater than the empty one; as a range it is served by the index.
    children.begin_document("parent_park_id").string("$gt", "").end();
    children.string("fleet_type", family).boolean("is_active", true);
    std::vector<std::string> parents;
    auto cursor = parks.find(children.take(), {.projection = fields({"parent_park_id"}), .limit = parks_max});
    while (const auto child = cursor.next()) {
        parents.push_back(text(*child, "parent_park_id"));
    }
    std::sort(parents.begin(), parents.end());
    return parents;
}

std::vector<std::string> active_parks(const mongo::Collection& parks, const std::vector<std::string>& ids) {
    std::vector<std::string> active;
    auto filter = where_in("_id", ids, 0, ids.size());
    filter.boolean("is_active", true).null("fleet_type");
    auto cursor = parks.find(filter.take(), {.projection = fields({"_id"})});
    while (const auto park = cursor.next()) {
        active.push_back(text(*park, "_id"));
    }
    std::sort(active.begin(), active.end());
    return active;
}

/// E.164; empty: none.
std::string phone_of(bson::View driver) {
    const auto phones = driver.find("phones");
    if (!phones || phones->type != bson::Type::array) {
        return {};
    }
    for (const auto& phone : phones->document()) {
        if (phone.is_string() && phone.string().starts_with('+')) {
            return std::string(phone.string());
        }
    }
    return {};
}

}  // namespace

std::vector<Account> pick_drivers(const mongo::Pool& pool, std::string_view family, std::size_t count,
                                  std::uint64_t seed, const std::string& database_prefix) {
    const auto parks = pool.collection(database_prefix + "dbparks", "parks");
    const auto drivers = pool.collection(database_prefix + "dbdrivers", "drivers");
    auto park_ids = mirrored_parks(parks, family);
    if (park_ids.empty()) {
        return {};
    }
    park_ids = active_parks(parks, park_ids);
    Random random(seed);
    std::shuffle(park_ids.begin(), park_ids.end(), random);

    std::vector<Account> accounts;
    std::unordered_set<std::string> phones;
    const std::size_t enough = 2 * count;
    for (std::size_t begin = 0; begin < park_ids.size() && accounts.size() < enough; begin += parks_per_query) {
        const auto end = std::min(begin + parks_per_query, park_ids.size());
        auto filter = where_in("park_id", park_ids, begin, end);
        filter.string("work_status", "working");
        auto cursor = drivers.find(filter.take(), {.projection = fields({"park_id", "phones"}),
                                                   .limit = static_cast<std::int64_t>(2 * enough)});
        while (const auto driver = cursor.next()) {
            auto phone = phone_of(*driver);
            if (!phone.empty() && phones.insert(phone).second) {
                accounts.push_back({.phone = std::move(phone), .park_id = text(*driver, "park_id")});
            }
        }
    }
    std::sort(accounts.begin(), accounts.end(), [](const auto& a, const auto& b) { return a.phone < b.phone; });
    std::shuffle(accounts.begin(), accounts.end(), random);
    accounts.resize(std::min(count, accounts.size()));
    return accounts;
}

}  // namespace twinfleet::simulator

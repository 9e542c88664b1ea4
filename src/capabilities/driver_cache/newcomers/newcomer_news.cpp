#include "capabilities/driver_cache/newcomers/newcomer_news.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_cache {

std::string text_of(const NewcomerNews& news) {
    return boost::json::serialize(
        boost::json::object{{"from", news.from}, {"ids", boost::json::array(news.ids.begin(), news.ids.end())}});
}

std::optional<NewcomerNews> read_news(std::string_view text) {
    if (text.size() > news_bytes_max) {
        return std::nullopt;
    }
    try {
        const auto object = json::parse_object(text);
        json::ObjectReader reader(object);
        return NewcomerNews{.from = reader.text("from"), .ids = reader.texts("ids", 1, news_ids_max)};
    } catch (const json::BadInput&) {
        return std::nullopt;
    }
}

}  // namespace twinfleet::driver_cache

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "platform/http/message.hpp"

/// Lists that are shown in pages: `?cursor=&limit=` -> `{"items": [...], "next_cursor": null | "..."}`. The cursor says
/// behind which item the next page begins, in a form that means nothing to a client. Query reads the parameters.
namespace twinfleet::api {

template <typename Item>
struct Page {
    std::vector<Item> items;
    /// Whether a further page follows.
    bool has_more = false;
};

/// Reads a page of at most `limit` items. `list(count)` returns the first `count` items from where the page begins, or
/// fewer when there are no more.
template <typename List>
[[nodiscard]] auto read_page(std::size_t limit, const List& list) {
    // One more than the page holds tells whether another page follows.
    auto items = list(limit + 1);
    const bool has_more = items.size() > limit;
    if (has_more) {
        items.erase(items.begin() + static_cast<std::ptrdiff_t>(limit), items.end());
    }
    return Page<typename decltype(items)::value_type>{std::move(items), has_more};
}

namespace detail {
inline std::string cursor_text(std::string text) {
    return text;
}
inline std::string cursor_text(std::int64_t number) {
    return std::to_string(number);
}
}  // namespace detail

/// The page as a JSON object. `to_json(item)` is what the client sees of an item. `cursor(item)`, a text or a whole
/// number, is the cursor of a page that begins behind this item; it may be a pointer to a member, such as `&Run::id`.
template <typename Item, typename ToJson, typename Cursor>
[[nodiscard]] boost::json::object page_json(const Page<Item>& page, const ToJson& to_json, const Cursor& cursor) {
    boost::json::array items;
    items.reserve(page.items.size());
    for (const Item& item : page.items) {
        items.emplace_back(to_json(item));
    }
    boost::json::value next_cursor(nullptr);
    if (page.has_more) {
        next_cursor = detail::cursor_text(std::invoke(cursor, page.items.back()));
    }
    return {{"items", std::move(items)}, {"next_cursor", std::move(next_cursor)}};
}

/// An answer with status 200 and page_json().
template <typename Item, typename ToJson, typename Cursor>
[[nodiscard]] http::Response page_response(const Page<Item>& page, const ToJson& to_json, const Cursor& cursor) {
    return http::json_response(200, page_json(page, to_json, cursor));
}

}  // namespace twinfleet::api

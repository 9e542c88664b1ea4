#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity.hpp"
#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "domain/identifier.hpp"
#include "platform/postgres/array_literal.hpp"
#include "platform/postgres/transaction.hpp"

/// What the statements of PostgresLinkStore have in common.
///
/// A batch is sent as columns: each column is one array parameter, and unnest() takes the arrays apart within one
/// statement. So a batch of a thousand links costs as many round trips as a single link.
///
/// A statement that writes several rows locks them in the order of the parent ids, and a transaction with several such
/// statements locks the rows of all of them first. So two transactions wait one for the other, and never both for each
/// other. Only an erasure that a parent asks for locks his links in all families besides, which is rare: PostgreSQL
/// ends one of two that wait for each other, and it is repeated.
namespace twinfleet::mirroring::link_statements {

/// Settings for a transaction that looks a batch up by index, whatever the planner thinks of the table. The planner
/// knows nothing of a table that has just been filled, and it would read a middle-sized table as a whole rather than a
/// thousand rows by index. The index also gives the order of locks.
inline constexpr auto by_index =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off; ";

/// A table `asked (family, parent_id)` made of the parameters $1 and $2. A plain condition `family = $1` would seem
/// selective to the planner until the table has statistics, and all links of the family would be read for it; OFFSET 0
/// keeps the planner from making such a condition.
inline constexpr auto asked_links =
    "(SELECT $1::text AS family, * FROM unnest($2::text[]) AS id (parent_id) OFFSET 0) AS asked";
/// The condition that joins the table `link` with `asked_links`.
inline constexpr auto is_asked = "link.family = asked.family AND link.parent_id = asked.parent_id";

/// The name of the table of the entity's links. It goes into SQL as it is, since the names of entities are from the
/// program's own table.
[[nodiscard]] std::string table_of(const Entity& entity);

/// Applies the settings to the transaction. With a lease, makes sure that it is the current one, and throws LeaseLost
/// when it is not.
void begin(postgres::Transaction& transaction, const Lease* lease, const std::string& settings);

/// Calls `work` with one part of the items after the other, so that what one statement takes is bounded.
template <typename Item, typename Work>
void in_parts(std::span<Item> items, Work&& work) {
    constexpr std::size_t rows_per_statement_max = 10'000;
    for (std::size_t start = 0; start < items.size(); start += rows_per_statement_max) {
        work(items.subspan(start, std::min(rows_per_statement_max, items.size() - start)));
    }
}

/// An array parameter of ids of any kind.
template <typename Id>
[[nodiscard]] std::string id_array(std::span<const Id> ids) {
    return postgres::array_of(ids, &Id::value);
}
[[nodiscard]] std::string id_array(std::span<const domain::ParentId* const> ids);

/// An array parameter that holds one id of each item. The items are pointers: `ids_of(links, &NewLink::child_id)`.
template <typename Items, typename Member>
[[nodiscard]] std::string ids_of(const Items& items, Member member) {
    return postgres::array_of(
        items, [&](const auto* item) -> const std::string& { return std::invoke(member, item).value(); });
}

/// The beginning of an id as a number that sorts as the id does, byte by byte. Nearly all ids differ in it, so that
/// sorting a batch hardly ever compares texts, which lie all over the memory.
[[nodiscard]] std::uint64_t beginning_of(const domain::ParentId& id) noexcept;

/// Which of several items with the same parent id counts.
enum class Counts : std::uint8_t { first, last };

/// One item for each parent id, in the order in which rows are locked.
template <typename Item, typename ParentOf>
[[nodiscard]] std::vector<const Item*> in_order_of_locks(std::span<const Item> items, Counts counts,
                                                         ParentOf parent_of) {
    struct Place {
        std::uint64_t beginning;
        const Item* item;
    };
    std::vector<Place> places;
    places.reserve(items.size());
    for (const Item& item : items) {
        places.push_back({beginning_of(parent_of(item)), &item});
    }
    // Of one parent, the item that counts comes first.
    std::ranges::sort(places, [&](const Place& left, const Place& right) {
        if (left.beginning != right.beginning) {
            return left.beginning < right.beginning;
        }
        if (const auto order = parent_of(*left.item) <=> parent_of(*right.item); order != 0) {
            return order < 0;
        }
        return counts == Counts::first ? left.item < right.item : right.item < left.item;
    });
    std::vector<const Item*> ordered;
    ordered.reserve(places.size());
    for (const Place& place : places) {
        if (ordered.empty() || parent_of(*ordered.back()) != parent_of(*place.item)) {
            ordered.push_back(place.item);
        }
    }
    return ordered;
}
/// The same of items that have a `parent_id`.
template <typename Item>
[[nodiscard]] std::vector<const Item*> in_order_of_locks(std::span<const Item> items, Counts counts) {
    return in_order_of_locks(items, counts, [](const Item& item) -> const domain::ParentId& { return item.parent_id; });
}
/// The same of ids.
[[nodiscard]] inline std::vector<const domain::ParentId*> in_order_of_locks(std::span<const domain::ParentId> ids) {
    return in_order_of_locks(ids, Counts::first, [](const auto& id) -> const domain::ParentId& { return id; });
}

}  // namespace twinfleet::mirroring::link_statements

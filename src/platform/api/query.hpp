#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/api/route.hpp"
#include "platform/json/object_reader.hpp"

/// The parameters of a request: `?name=value&...`. Every function that reads them throws json::BadInput with the name
/// of the parameter that is wrong.
namespace twinfleet::api {

/// The names and values of a query in its order, percent-decoded, where `+` is a space, as browsers write it. Refuses a
/// name that is not in `allowed`, a name that is given twice, and text that is not UTF-8 or holds NUL.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_query(std::string_view query,
                                                                          const std::vector<std::string_view>& allowed);

/// Refuses any parameter.
void refuse_query(const Call& call);

/// A handler for a route without parameters: refuses any parameter, and calls `handle` when there is none.
[[nodiscard]] BlockingHandler without_query(BlockingHandler handle);

/// Refuses any body but an empty one and an empty JSON object, for a route that needs no body.
void refuse_body(const Call& call);

/// How many items a page holds.
struct PageLimits {
    /// The number when the client gives none.
    std::size_t usual = 100;
    std::size_t max = 1'000;
};

/// The parameters of one request, each given at most once.
class Query {
public:
    /// `names` are the parameters that the route has.
    Query(std::string_view query, const std::vector<std::string_view>& names);
    Query(const Call& call, const std::vector<std::string_view>& names) : Query(call.request.query, names) {}

    /// The value of the parameter; nullptr when it is not given.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    /// The value of the parameter, whose length has to be within the limits; empty when it is not given.
    [[nodiscard]] std::string text(std::string_view name, json::TextLimits limits = {}) const;
    /// The parameter `limit`, a whole number from 1 to `limits.max`; `limits.usual` when it is not given.
    [[nodiscard]] std::size_t limit(PageLimits limits = {}) const;
    /// The parameter `cursor` of a list whose items are numbered from 1: the number of the last item that was shown; 0
    /// when it is not given.
    [[nodiscard]] std::int64_t cursor_number() const;

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace twinfleet::api

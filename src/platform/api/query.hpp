#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/api/route.hpp"
#include "platform/json/object_reader.hpp"

/// The parameters of a request: `?name=value&...`. Everything that reads them throws json::BadInput with the name of
/// the parameter that is wrong.
namespace twinfleet::api {

/// The values of a query by name, in its order, percent-decoded; `+` is a space, as browsers write it. Refuses a name
/// that is not in `allowed`, a name that stands twice, and text that is no UTF-8 or holds NUL.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_query(std::string_view query,
                                                                          const std::vector<std::string_view>& allowed);

/// Refuses any parameter.
void refuse_query(const Call& call);

/// The handler of a route without parameters: `handle` is called when there is none.
[[nodiscard]] BlockingHandler without_query(BlockingHandler handle);

/// For a route that needs no body but may be sent an empty object; refuses anything else.
void refuse_body(const Call& call);

/// How many items a page holds.
struct PageLimits {
    /// When the client does not say.
    std::size_t usual = 100;
    std::size_t max = 1'000;
};

/// The parameters of one request, each given at most once.
class Query {
public:
    /// `names` are the parameters that the route has.
    Query(std::string_view query, const std::vector<std::string_view>& names);
    Query(const Call& call, const std::vector<std::string_view>& names) : Query(call.request.query, names) {}

    /// nullptr when it is not given.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    /// Empty when it is not given.
    [[nodiscard]] std::string text(std::string_view name, json::TextLimits limits = {}) const;
    /// `limit`: a whole number from 1.
    [[nodiscard]] std::size_t limit(PageLimits limits = {}) const;
    /// `cursor` where items are numbered from 1 and a cursor is the number of the last item that was shown; 0 when it
    /// is not given.
    [[nodiscard]] std::int64_t cursor_number() const;

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace twinfleet::api

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "capabilities/mirroring/api/mirror_api_http.hpp"
#include "capabilities/mirroring/testing/fake_foreign_edit_store.hpp"
#include "capabilities/mirroring/testing/fake_link_changes.hpp"
#include "capabilities/mirroring/testing/fake_overview.hpp"
#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"
#include "platform/api/api_server.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::mirroring::testing {

struct ApiRequest {
    std::string method = "GET";
    /// Path and query, percent-encoded.
    std::string target;
    /// nullopt: a request without a body.
    std::optional<std::string> body = std::nullopt;
    /// The service token that is shown; empty: none.
    std::string token = "token";
    /// Of the body; empty: not told.
    std::string content_type = "application/json";
};

struct ApiAnswer {
    int status = 0;
    /// The names of fields in lower case.
    std::map<std::string, std::string> headers;
    std::string text;
    /// `text`, where it is JSON.
    boost::json::object body;

    /// A field of the body, a text as it is and anything else as JSON; "none" when there is no such field.
    [[nodiscard]] std::string at(std::string_view name) const;
    /// The same of the details of a refusal.
    [[nodiscard]] std::string detail(std::string_view name) const;
    /// `404 park_not_found`; of an answer that is no refusal `200 none`.
    [[nodiscard]] std::string outcome() const;
    /// `400 ids[1]`: the field that a refusal finds fault with.
    [[nodiscard]] std::string bad_field() const;
    [[nodiscard]] const boost::json::array& items() const;
    [[nodiscard]] const boost::json::object& item(std::size_t index) const;
    /// The values that the items have in one field, with blanks between them.
    [[nodiscard]] std::string in_each_item(std::string_view name) const;
};

std::ostream& operator<<(std::ostream& out, const ApiAnswer& answer);

struct ApiOverFakesSettings {
    std::vector<domain::AppFamily> families{{"vezet"}};
    LinkReaderSettings link_reader;
    LinkChangeFeedSettings link_changes{.poll_interval = std::chrono::milliseconds(1)};
    ChildCreatorSettings child_creator;
    /// Runs at a time.
    std::size_t runs_max = 2;
    /// How long a retry waits for the lease of its job. That of a run is given back a moment after its record has
    /// ended.
    std::chrono::milliseconds retry_lease_wait{10'000};
};

/// The API of fleet-synchronizer, served over HTTP on a port of its own, with the mirror's work over a world in memory.
/// In it is one park, `park`, with a work rule, `rule`; nothing is mirrored yet.
class ApiOverFakes {
public:
    explicit ApiOverFakes(const ApiOverFakesSettings& settings = {});

    [[nodiscard]] ApiAnswer ask(const ApiRequest& request) const;
    [[nodiscard]] ApiAnswer get(const std::string& target) const { return ask({.target = target}); }
    [[nodiscard]] ApiAnswer post(const std::string& target, const std::string& body) const {
        return ask({.method = "POST", .target = target, .body = body});
    }
    /// Asks for a run and returns its record when it has ended. Throws std::runtime_error when it is not let run.
    RunRecord run(const std::string& job, const std::string& options = R"({"full": true})");
    /// From now on every call of the world's stores whose name begins so ("links.find") throws this; nullptr: none
    /// does.
    void fail_calls(const std::string& call, const std::exception_ptr& failure);

    JobsOverFakes jobs;
    FakeOverview overview;
    FakeForeignEditStore foreign_edits;
    FakeLinkChanges link_changes;
    /// What the creation of children comes to. At first: a child that was made.
    std::function<std::vector<CreationAnswer>(std::span<const domain::ParentId>)> creation;

private:
    const std::vector<domain::AppFamily> families_;
    const std::map<std::string, JobSchedule> schedules_{{"groups", {.incremental_interval = std::chrono::seconds(7)}},
                                                        {"users",
                                                         {.incremental_interval = std::chrono::seconds(8),
                                                          .full_interval = std::chrono::minutes(1),
                                                          .jitter_share = 0.25}}};
    LinkReader link_reader_;
    LinkChangeFeed link_change_feed_;
    ChildCreator child_creator_;
    RunLauncher launcher_;
    metrics::Registry registry_;
    api::ApiServer server_;
};

/// That a store is away.
[[nodiscard]] std::exception_ptr store_is_away();
/// A mistake of the service, whose reason, `secret reason`, nobody may be told.
[[nodiscard]] std::exception_ptr mistake();

}  // namespace twinfleet::mirroring::testing

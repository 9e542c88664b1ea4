#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/clock/clock.hpp"

/// What fleet-synchronizer can be asked for beside what every service can (contract, section 3). Names of entities and
/// jobs are known to exist, families are not looked up yet.
namespace twinfleet::fleet_synchronizer {

struct RunJobs {
    /// Each once, in dependency order; `all` stands for all of them.
    std::vector<std::string> jobs;
    bool is_all = false;
    /// Empty: every configured one.
    std::string family;
    std::vector<std::string> cities;
    std::vector<std::string> parks;
    bool full = false;
    bool verify_children = false;
    bool create_missing = false;
    bool dry_run = false;
    bool json = false;
};

struct CreateChildDriver {
    std::string family;
    std::string parent_id;
    bool json = false;
};

struct Verify {
    /// Empty: every configured one.
    std::string family;
    std::vector<std::string> parks;
    /// Not empty: only these, each with his car and rule.
    std::vector<std::string> drivers;
    bool repair = false;
    /// Not where an interrupted one was.
    bool restart = false;
    bool json = false;
};

struct GetLinks {
    std::string entity;
    std::string id;
    bool json = false;
};

struct ListQuarantine {
    /// Empty: everything.
    std::vector<std::int64_t> ids;
    bool json = false;
};

struct RetryQuarantine {
    /// Empty: everything.
    std::vector<std::int64_t> ids;
    bool json = false;
};

struct DropQuarantine {
    std::vector<std::int64_t> ids;
    bool json = false;
};

struct ListForeignEdits {
    /// Empty: any. Of a parent or a child.
    std::string park;
    std::optional<platform::Time> since;
    bool json = false;
};

using Command = std::variant<RunJobs, CreateChildDriver, Verify, GetLinks, ListQuarantine, RetryQuarantine,
                             DropQuarantine, ListForeignEdits>;

/// The job that mirrors through access-control; the other jobs have the names of their entities.
inline constexpr const char* users_job = "users";

}  // namespace twinfleet::fleet_synchronizer

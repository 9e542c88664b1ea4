#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/clock/clock.hpp"

/// The commands that fleet-synchronizer has beside those of every service (contract, section 3), each with its options.
/// The names of entities and jobs have been checked when the command line was read; the names of families have not
/// (usage.hpp does that).
namespace twinfleet::fleet_synchronizer {

/// `run`: does the work of some jobs once. The flags are the options of the same names.
struct RunJobs {
    /// The names of the jobs, each once, in the order in which they depend on each other. For `all` these are all jobs.
    std::vector<std::string> jobs;
    /// Whether `all` was written instead of the names of jobs.
    bool is_all = false;
    /// The name of one family; empty for every configured family.
    std::string family;
    /// When there are any: only parents whose park is in one of these cities.
    std::vector<std::string> cities;
    /// When there are any: only parents whose park is one of these, by the id of the parent park.
    std::vector<std::string> parks;
    bool full = false;
    bool verify_children = false;
    bool create_missing = false;
    bool dry_run = false;
    bool json = false;
    /// Set by `retire` alone: whether the children of `parks` are to stay retired from now on, or come back. No budget
    /// holds back what follows from that.
    std::optional<bool> keep_retired = std::nullopt;
};

/// `retire`: retires the children of some parks although the parks are there, until it is called with `undo`.
struct RetireParks {
    std::string family;
    /// Parent parks by city and by id; a park is meant when it is named by either. At least one of them is not empty.
    std::vector<std::string> cities;
    std::vector<std::string> parks;
    bool undo = false;
    bool dry_run = false;
    bool json = false;
};

/// `erase driver`: erases what there is of a driver in his children and beside them.
struct EraseDriver {
    std::string parent_id;
    bool json = false;
};

/// `create-child driver`: makes the child of one driver, if he has none yet.
struct CreateChildDriver {
    std::string family;
    std::string parent_id;
    bool json = false;
};

/// `verify`: compares the children with their parents.
struct Verify {
    /// The name of one family; empty for every configured family.
    std::string family;
    /// When there are any: only children of parents whose park is one of these, by the id of the parent park.
    std::vector<std::string> parks;
    /// Ids of parent drivers. When there are any, only these drivers are verified, each with his car and his work rule.
    std::vector<std::string> drivers;
    bool repair = false;
    /// Whether to begin anew although an earlier verification of the same scope was interrupted and could be continued.
    bool restart = false;
    bool json = false;
};

/// `links get`: tells which documents are linked with one document.
struct GetLinks {
    std::string entity;
    /// The `_id` of a parent or of a child.
    std::string id;
    bool json = false;
};

/// `quarantine list`: tells which parents are in quarantine.
struct ListQuarantine {
    /// The ids of the entries to list; empty for all entries.
    std::vector<std::int64_t> ids;
    bool json = false;
};

/// `quarantine retry`: tries to mirror parents that are in quarantine.
struct RetryQuarantine {
    /// The ids of the entries to try again; empty for all entries.
    std::vector<std::int64_t> ids;
    bool json = false;
};

/// `quarantine drop`: takes entries out of the quarantine. Their parents are tried again when a pass meets them.
struct DropQuarantine {
    /// The ids of the entries to take out; empty for all entries.
    std::vector<std::int64_t> ids;
    bool json = false;
};

/// `foreign-edits list`: tells what others than the mirror wrote into children.
struct ListForeignEdits {
    /// The id of a parent park or of a child park; empty for all parks.
    std::string park;
    /// Only edits that were found at this time or later.
    std::optional<platform::Time> since;
    bool json = false;
};

/// `cluster show`: tells whether MongoDB is the cluster that PostgreSQL belongs to.
struct ShowCluster {
    bool json = false;
};

/// `cluster adopt`: makes MongoDB the cluster that PostgreSQL belongs to.
struct AdoptCluster {
    /// Whether to do so although the cluster does not have the children that PostgreSQL has links of.
    bool force = false;
    bool json = false;
};

using Command = std::variant<RunJobs, CreateChildDriver, Verify, GetLinks, ListQuarantine, RetryQuarantine,
                             DropQuarantine, ListForeignEdits, ShowCluster, AdoptCluster, RetireParks, EraseDriver>;

/// The job that mirrors through access-control; the other jobs have the names of their entities.
inline constexpr const char* users_job = "users";

}  // namespace twinfleet::fleet_synchronizer

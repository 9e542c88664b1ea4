#include "apps/fleet_synchronizer/command_line.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/clock/time_text.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using Names = std::vector<std::string>;

constexpr const char* all_jobs = "all";

Names entity_names() {
    Names names;
    for (const mirroring::Entity& entity : mirroring::entities()) {
        names.emplace_back(entity.name);
    }
    return names;
}

Names job_names() {
    const auto jobs = mirroring::jobs();
    return {jobs.begin(), jobs.end()};
}

std::string joined(const Names& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

CLI::Validator one_of(std::string what, Names names) {
    return {[what = std::move(what), names = std::move(names)](const std::string& given) {
                const bool is_known = std::find(names.begin(), names.end(), given) != names.end();
                return is_known ? std::string() : "unknown " + what + " \"" + given + "\"; there are " + joined(names);
            },
            ""};
}

CLI::Option* add_repeatable(CLI::App& command, const char* name, Names& values, const char* description) {
    // One value each time, so that a JOB behind it is not taken for one.
    return command.add_option(name, values, description)->allow_extra_args(false);
}

void add_json(CLI::App& command, bool& json, const char* description) {
    command.add_flag("--json", json, description);
}

void add_ids(CLI::App& command, std::vector<std::int64_t>& ids, const char* description) {
    command.add_option("ID", ids, description)->check(CLI::PositiveNumber);
}

RunJobs finished(RunJobs run, const Names& asked_for) {
    const auto is_asked_for = [&](const std::string& job) {
        return std::find(asked_for.begin(), asked_for.end(), job) != asked_for.end();
    };
    run.is_all = is_asked_for(all_jobs);
    for (const std::string& job : job_names()) {
        if (run.is_all || is_asked_for(job)) {
            run.jobs.push_back(job);
        }
    }
    return run;
}

/// The same as docs/operations.md; a test compares them.
constexpr const char* exit_codes =
    "Exit codes:\n"
    "    0  done\n"
    "    1  done, but something is in quarantine, was held back by the retirement budget, was refused, or "
    "(verify) "
    "differs\n"
    "    2  wrong usage or configuration, the schema is older or newer than the program, or MongoDB is another cluster "
    "than the one that PostgreSQL belongs to\n"
    "    3  a store could not be reached within --timeout, or refuses to serve\n"
    "    4  another process held the job's lease through 20 s of waiting (lease.wait_ms)\n"
    "   70  a mistake in the program\n"
    "  130  interrupted, cursor saved: what was done stands, and the next run goes on from there";

}  // namespace

/// What the parser writes into, for all commands at once.
struct CommandReader::Values {
    Names jobs;
    RunJobs run;
    CreateChildDriver create_child_driver;
    Verify verify;
    GetLinks get_links;
    ListQuarantine list_quarantine;
    RetryQuarantine retry_quarantine;
    DropQuarantine drop_quarantine;
    ListForeignEdits list_foreign_edits;
    ShowCluster show_cluster;
    AdoptCluster adopt_cluster;
    RetireParks retire;
    EraseDriver erase_driver;
    /// The one that was chosen.
    std::optional<Command> command;

    void add_to(CLI::App& app) {
        add_run(app);
        add_create_child(app);
        add_verify(app);
        add_links(app);
        add_quarantine(app);
        add_foreign_edits(app);
        add_cluster(app);
        add_retire(app);
        add_erase(app);
    }

    void add_run(CLI::App& app) {
        auto* run_command = app.add_subcommand("run", "Run jobs once, in dependency order");
        Names names = job_names();
        names.emplace_back(all_jobs);
        run_command->add_option("JOB", jobs, "Some of " + joined(job_names()) + ", or all")
            ->required()
            ->check(one_of("job", names));
        run_command->add_option("--family", run.family, "Only this family; default: every configured family")
            ->type_name("F");
        add_repeatable(*run_command, "--city", run.cities, "Only parks of this city (repeatable)")->type_name("C");
        add_repeatable(*run_command, "--park", run.parks, "Only this park, by its parent's id (repeatable)")
            ->type_name("P");
        run_command->add_flag("--full", run.full, "All parents, not only those changed since the cursor");
        run_command->add_flag("--verify-children", run.verify_children,
                              "With --full: read every child and mend foreign edits");
        run_command->add_flag(
            "--create-missing", run.create_missing,
            "Cars and drivers: create children for parents that have none, too (to pilot a park); fired "
            "drivers excepted");
        run_command->add_flag("--dry-run", run.dry_run,
                              "Print the operations with field-level differences, write nothing");
        add_json(*run_command, run.json, "One JSON object per job on stdout; progress and logs go to stderr");
        run_command->callback([this] {
            if (run.verify_children && !run.full) {
                throw CLI::ValidationError("--verify-children", "needs --full");
            }
            command = finished(run, jobs);
        });
    }

    void add_create_child(CLI::App& app) {
        auto* create_child = app.add_subcommand("create-child", "Create a child on demand")->require_subcommand(1);
        auto* create_child_driver_command = create_child->add_subcommand(
            "driver", "Create the child of a driver, with its work rule and car, or tell the one that is there");
        create_child_driver_command->add_option("--family", create_child_driver.family, "App family")->required();
        create_child_driver_command->add_option("--parent-id", create_child_driver.parent_id, "The parent driver's id")
            ->required();
        add_json(*create_child_driver_command, create_child_driver.json, "One JSON object on stdout");
        take_if_chosen(*create_child_driver_command, create_child_driver);
    }

    void add_verify(CLI::App& app) {
        auto* verify_command = app.add_subcommand("verify", "Compare every child with its parent");
        verify_command->add_option("--family", verify.family, "Only this family; default: every configured family")
            ->type_name("F");
        add_repeatable(*verify_command, "--park", verify.parks, "Only this park, by its parent's id (repeatable)")
            ->type_name("P");
        add_repeatable(*verify_command, "--driver", verify.drivers,
                       "Only this driver, by his parent's id, with his car and his rule (repeatable)")
            ->type_name("D")
            ->excludes("--park");
        verify_command->add_flag("--repair", verify.repair, "Mend what differs and tell what is left");
        verify_command->add_flag(
            "--restart", verify.restart,
            "Begin anew; else an interrupted verification of the same scope goes on where it was, for a day");
        add_json(*verify_command, verify.json, "One JSON object per difference on stdout, and last a summary");
        take_if_chosen(*verify_command, verify);
    }

    void add_foreign_edits(CLI::App& app) {
        auto* foreign_edits =
            app.add_subcommand("foreign-edits", "Look at what others wrote into children")->require_subcommand(1);
        auto* list_foreign_edits_command = foreign_edits->add_subcommand(
            "list", "List what others wrote and the mirror put right; values are data of persons");
        list_foreign_edits_command
            ->add_option("--park", list_foreign_edits.park, "Only this park, a parent's or a child's id")
            ->type_name("P");
        list_foreign_edits_command
            ->add_option_function<std::string>(
                "--since",
                [this](const std::string& text) {
                    list_foreign_edits.since = platform::parse_time(text);
                    if (!list_foreign_edits.since) {
                        throw CLI::ValidationError("--since", "expected a time like 2024-02-29T12:00:00Z (RFC 3339)");
                    }
                },
                "Only those found then or later (RFC 3339)")
            ->type_name("T");
        add_json(*list_foreign_edits_command, list_foreign_edits.json, "One JSON object per record on stdout");
        take_if_chosen(*list_foreign_edits_command, list_foreign_edits);
    }

    void add_cluster(CLI::App& app) {
        auto* cluster =
            app.add_subcommand("cluster", "Look at which MongoDB cluster the mirror belongs to")->require_subcommand(1);
        auto* show = cluster->add_subcommand("show", "Tell whether MongoDB is the cluster that PostgreSQL belongs to");
        add_json(*show, show_cluster.json, "One JSON object on stdout");
        take_if_chosen(*show, show_cluster);
        auto* adopt = cluster->add_subcommand(
            "adopt", "Say that this MongoDB is the right cluster, after a move or a restore that was meant");
        adopt->add_flag("--force", adopt_cluster.force,
                        "Although it does not have the children that PostgreSQL has links of");
        add_json(*adopt, adopt_cluster.json, "One JSON object on stdout");
        take_if_chosen(*adopt, adopt_cluster);
    }

    void add_retire(CLI::App& app) {
        auto* retire_command = app.add_subcommand(
            "retire", "Retire the children of parks although the parks are there (the way back from a pilot)");
        retire_command->add_option("--family", retire.family, "App family")->required()->type_name("F");
        add_repeatable(*retire_command, "--park", retire.parks, "This park, by its parent's id (repeatable)")
            ->type_name("P");
        add_repeatable(*retire_command, "--city", retire.cities, "The parks of this city (repeatable)")->type_name("C");
        retire_command->add_flag("--undo", retire.undo, "Bring the children back that were retired like this");
        retire_command->add_flag("--dry-run", retire.dry_run,
                                 "Print the operations with field-level differences, write nothing");
        add_json(*retire_command, retire.json, "One JSON object per job on stdout; progress and logs go to stderr");
        retire_command->callback([this] {
            if (retire.parks.empty() && retire.cities.empty()) {
                throw CLI::ValidationError("retire", "needs --park or --city");
            }
            command = retire;
        });
    }

    void add_erase(CLI::App& app) {
        auto* erase = app.add_subcommand("erase", "Erase the data of a person")->require_subcommand(1);
        auto* erase_driver_command =
            erase->add_subcommand("driver", "Erase a driver in all his children and beside them; cannot be undone");
        erase_driver_command->add_option("--parent-id", erase_driver.parent_id, "The parent driver's id")->required();
        add_json(*erase_driver_command, erase_driver.json, "One JSON object on stdout");
        take_if_chosen(*erase_driver_command, erase_driver);
    }

    void add_links(CLI::App& app) {
        auto* links = app.add_subcommand("links", "Look at links")->require_subcommand(1);
        auto* get_links_command =
            links->add_subcommand("get", "Tell the children of a parent, or the parent of a child");
        get_links_command->add_option("ENTITY", get_links.entity, "One of " + joined(entity_names()))
            ->required()
            ->check(one_of("entity", entity_names()));
        get_links_command->add_option("ID", get_links.id, "Id of a parent or a child")->required();
        add_json(*get_links_command, get_links.json, "One JSON object on stdout");
        take_if_chosen(*get_links_command, get_links);
    }

    void add_quarantine(CLI::App& app) {
        auto* quarantine = app.add_subcommand("quarantine", "Look at what cannot be mirrored")->require_subcommand(1);
        auto* list_quarantine_command = quarantine->add_subcommand("list", "List the entries");
        add_ids(*list_quarantine_command, list_quarantine.ids, "Only these entries");
        add_json(*list_quarantine_command, list_quarantine.json, "One JSON object per entry on stdout");
        take_if_chosen(*list_quarantine_command, list_quarantine);
        auto* retry_quarantine_command =
            quarantine->add_subcommand("retry", "Try to mirror again what is in quarantine");
        add_ids(*retry_quarantine_command, retry_quarantine.ids, "Only these entries; default: all");
        add_json(*retry_quarantine_command, retry_quarantine.json, "One JSON object on stdout");
        take_if_chosen(*retry_quarantine_command, retry_quarantine);
        auto* drop_quarantine_command = quarantine->add_subcommand(
            "drop", "Forget entries and tell how many; the parents are tried again when a pass meets them");
        add_ids(*drop_quarantine_command, drop_quarantine.ids, "Only these entries; default: all");
        add_json(*drop_quarantine_command, drop_quarantine.json, "One JSON object on stdout");
        take_if_chosen(*drop_quarantine_command, drop_quarantine);
    }

    /// Makes `values` the command when `chosen` is on the command line.
    template <typename Options>
    void take_if_chosen(CLI::App& chosen, Options& values) {
        chosen.callback([this, &values] { command = values; });
    }
};

CommandReader::CommandReader() : values_(std::make_unique<Values>()) {}

CommandReader::~CommandReader() = default;

service::Program CommandReader::program() {
    return {.name = "fleet-synchronizer",
            .purpose = "Keeps the child parks of app families in step with their parents.",
            .version = TWINFLEET_VERSION,
            .serves = "Run the periodic jobs",
            .migrates = "Create or update the PostgreSQL schema and the MongoDB indexes",
            .add_commands = [this](CLI::App& app) { values_->add_to(app); },
            .exit_codes = exit_codes};
}

const std::optional<Command>& CommandReader::command() const noexcept {
    return values_->command;
}

}  // namespace twinfleet::fleet_synchronizer

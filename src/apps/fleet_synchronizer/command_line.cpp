#include "apps/fleet_synchronizer/command_line.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/command_line/command_line.hpp"

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

/// What the parser writes into, for all commands at once.
struct Values {
    std::string config;
    std::chrono::milliseconds timeout = CommandLine{}.timeout;
    Names jobs;
    RunJobs run;
    CreateChildDriver create_child_driver;
    Verify verify;
    GetLinks get_links;
    ListQuarantine list_quarantine;
    RetryQuarantine retry_quarantine;
    DropQuarantine drop_quarantine;
    ListForeignEdits list_foreign_edits;
    std::string checked_config;
};

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

class Parser {
public:
    Parser() {
        app_.name("fleet-synchronizer");
        app_.set_version_flag("--version", "fleet-synchronizer " TWINFLEET_VERSION);
        app_.require_subcommand(1);
        // So that --config and --timeout may stand behind the command, too.
        app_.fallthrough();
        app_.add_option("--config", values_.config, "Configuration (YAML); without it the one that ships is used")
            ->type_name("FILE");
        command_line::add_timeout(app_, values_.timeout);
        // The same as docs/operations.md; a test compares them.
        app_.footer(
            "Exit codes:\n"
            "    0  done\n"
            "    1  done, but something is in quarantine, was held back by the retirement budget, was refused, or "
            "(verify) "
            "differs\n"
            "    2  wrong usage or configuration, or the schema is older or newer than the program\n"
            "    3  a store could not be reached within --timeout, or refuses to serve\n"
            "    4  another process held the job's lease through 20 s of waiting (lease.wait_ms)\n"
            "   70  a mistake in the program\n"
            "  130  interrupted, cursor saved: what was done stands, and the next run goes on from there");
        add_run();
        add_create_child();
        add_verify();
        add_links();
        add_quarantine();
        add_foreign_edits();
        auto* config = app_.add_subcommand("config", "Look at configurations")->require_subcommand(1);
        check_config_ = config->add_subcommand("check", "Tell what is wrong with a configuration");
        check_config_->add_option("FILE", values_.checked_config, "Configuration (YAML)")->required();
    }

    std::variant<CommandLine, process::ExitCode> parse(int argument_count, const char* const* arguments,
                                                       std::ostream& out, std::ostream& error) {
        try {
            app_.parse(argument_count, arguments);
            if (values_.run.verify_children && !values_.run.full) {
                throw CLI::ValidationError("--verify-children", "needs --full");
            }
        } catch (const CLI::ParseError& parse_error) {
            return command_line::answer(app_, parse_error, out, error) ? process::ExitCode::done
                                                                       : process::ExitCode::wrong_usage;
        }
        CommandLine result;
        if (app_.count("--config") > 0) {
            result.config = values_.config;
        }
        result.timeout = values_.timeout;
        result.command = command();
        return result;
    }

private:
    void add_run() {
        migrate_ = app_.add_subcommand("migrate", "Create or update the PostgreSQL schema and the MongoDB indexes");
        serve_ = app_.add_subcommand("serve", "Run the periodic jobs");
        run_ = app_.add_subcommand("run", "Run jobs once, in dependency order");
        RunJobs& run = values_.run;
        Names names = job_names();
        names.emplace_back(all_jobs);
        run_->add_option("JOB", values_.jobs, "Some of " + joined(job_names()) + ", or all")
            ->required()
            ->check(one_of("job", names));
        run_->add_option("--family", run.family, "Only this family; default: every configured family")->type_name("F");
        add_repeatable(*run_, "--city", run.cities, "Only parks of this city (repeatable)")->type_name("C");
        add_repeatable(*run_, "--park", run.parks, "Only this park, by its parent's id (repeatable)")->type_name("P");
        run_->add_flag("--full", run.full, "All parents, not only those changed since the cursor");
        run_->add_flag("--verify-children", run.verify_children,
                       "With --full: read every child and mend foreign edits");
        run_->add_flag("--create-missing", run.create_missing,
                       "Cars and drivers: create children for parents that have none, too (to pilot a park); fired "
                       "drivers excepted");
        run_->add_flag("--dry-run", run.dry_run, "Print the operations with field-level differences, write nothing");
        add_json(*run_, run.json, "One JSON object per job on stdout; progress and logs go to stderr");
    }

    void add_create_child() {
        auto* create_child = app_.add_subcommand("create-child", "Create a child on demand")->require_subcommand(1);
        create_child_driver_ = create_child->add_subcommand(
            "driver", "Create the child of a driver, with its work rule and car, or tell the one that is there");
        create_child_driver_->add_option("--family", values_.create_child_driver.family, "App family")->required();
        create_child_driver_->add_option("--parent-id", values_.create_child_driver.parent_id, "The parent driver's id")
            ->required();
        add_json(*create_child_driver_, values_.create_child_driver.json, "One JSON object on stdout");
    }

    void add_verify() {
        verify_ = app_.add_subcommand("verify", "Compare every child with its parent");
        verify_->add_option("--family", values_.verify.family, "Only this family; default: every configured family")
            ->type_name("F");
        add_repeatable(*verify_, "--park", values_.verify.parks, "Only this park, by its parent's id (repeatable)")
            ->type_name("P");
        add_repeatable(*verify_, "--driver", values_.verify.drivers,
                       "Only this driver, by his parent's id, with his car and his rule (repeatable)")
            ->type_name("D")
            ->excludes("--park");
        verify_->add_flag("--repair", values_.verify.repair, "Mend what differs and tell what is left");
        verify_->add_flag(
            "--restart", values_.verify.restart,
            "Begin anew; else an interrupted verification of the same scope goes on where it was, for a day");
        add_json(*verify_, values_.verify.json, "One JSON object per difference on stdout, and last a summary");
    }

    void add_foreign_edits() {
        auto* foreign_edits =
            app_.add_subcommand("foreign-edits", "Look at what others wrote into children")->require_subcommand(1);
        list_foreign_edits_ = foreign_edits->add_subcommand(
            "list", "List what others wrote and the mirror put right; values are data of persons");
        list_foreign_edits_
            ->add_option("--park", values_.list_foreign_edits.park, "Only this park, a parent's or a child's id")
            ->type_name("P");
        list_foreign_edits_
            ->add_option_function<std::string>(
                "--since",
                [this](const std::string& text) {
                    values_.list_foreign_edits.since = platform::parse_time(text);
                    if (!values_.list_foreign_edits.since) {
                        throw CLI::ValidationError("--since", "expected a time like 2024-02-29T12:00:00Z (RFC 3339)");
                    }
                },
                "Only those found then or later (RFC 3339)")
            ->type_name("T");
        add_json(*list_foreign_edits_, values_.list_foreign_edits.json, "One JSON object per record on stdout");
    }

    void add_links() {
        auto* links = app_.add_subcommand("links", "Look at links")->require_subcommand(1);
        get_links_ = links->add_subcommand("get", "Tell the children of a parent, or the parent of a child");
        get_links_->add_option("ENTITY", values_.get_links.entity, "One of " + joined(entity_names()))
            ->required()
            ->check(one_of("entity", entity_names()));
        get_links_->add_option("ID", values_.get_links.id, "Id of a parent or a child")->required();
        add_json(*get_links_, values_.get_links.json, "One JSON object on stdout");
    }

    void add_quarantine() {
        auto* quarantine = app_.add_subcommand("quarantine", "Look at what cannot be mirrored")->require_subcommand(1);
        list_quarantine_ = quarantine->add_subcommand("list", "List the entries");
        add_ids(*list_quarantine_, values_.list_quarantine.ids, "Only these entries");
        add_json(*list_quarantine_, values_.list_quarantine.json, "One JSON object per entry on stdout");
        retry_quarantine_ = quarantine->add_subcommand("retry", "Try to mirror again what is in quarantine");
        add_ids(*retry_quarantine_, values_.retry_quarantine.ids, "Only these entries; default: all");
        add_json(*retry_quarantine_, values_.retry_quarantine.json, "One JSON object on stdout");
        drop_quarantine_ = quarantine->add_subcommand(
            "drop", "Forget entries and tell how many; the parents are tried again when a pass meets them");
        add_ids(*drop_quarantine_, values_.drop_quarantine.ids, "Only these entries; default: all");
        add_json(*drop_quarantine_, values_.drop_quarantine.json, "One JSON object on stdout");
    }

    [[nodiscard]] Command command() {
        if (migrate_->parsed()) {
            return Migrate{};
        }
        if (serve_->parsed()) {
            return Serve{};
        }
        if (run_->parsed()) {
            return finished(std::move(values_.run), values_.jobs);
        }
        if (create_child_driver_->parsed()) {
            return std::move(values_.create_child_driver);
        }
        if (verify_->parsed()) {
            return std::move(values_.verify);
        }
        if (get_links_->parsed()) {
            return std::move(values_.get_links);
        }
        if (list_quarantine_->parsed()) {
            return std::move(values_.list_quarantine);
        }
        if (retry_quarantine_->parsed()) {
            return std::move(values_.retry_quarantine);
        }
        if (drop_quarantine_->parsed()) {
            return std::move(values_.drop_quarantine);
        }
        if (list_foreign_edits_->parsed()) {
            return std::move(values_.list_foreign_edits);
        }
        return CheckConfig{std::move(values_.checked_config)};
    }

    CLI::App app_{"Keeps the child parks of app families in step with their parents."};
    Values values_;
    CLI::App* migrate_ = nullptr;
    CLI::App* serve_ = nullptr;
    CLI::App* run_ = nullptr;
    CLI::App* create_child_driver_ = nullptr;
    CLI::App* verify_ = nullptr;
    CLI::App* get_links_ = nullptr;
    CLI::App* list_quarantine_ = nullptr;
    CLI::App* retry_quarantine_ = nullptr;
    CLI::App* drop_quarantine_ = nullptr;
    CLI::App* list_foreign_edits_ = nullptr;
    CLI::App* check_config_ = nullptr;
};

}  // namespace

std::variant<CommandLine, process::ExitCode> parse_command_line(int argument_count, const char* const* arguments,
                                                                std::ostream& out, std::ostream& error) {
    return Parser().parse(argument_count, arguments, out, error);
}

}  // namespace twinfleet::fleet_synchronizer

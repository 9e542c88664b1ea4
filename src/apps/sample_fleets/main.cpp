#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "apps/sample_fleets/generator/bad_documents.hpp"
#include "apps/sample_fleets/generator/city_fleets.hpp"
#include "apps/sample_fleets/generator/documents.hpp"
#include "apps/sample_fleets/generator/registers.hpp"
#include "apps/sample_fleets/store/edit_stream_mongo.hpp"
#include "apps/sample_fleets/store/edits.hpp"
#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"
#include "apps/sample_fleets/store/fleet_store_mongo.hpp"
#include "platform/clock/clock.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "platform/process/signals.hpp"
#include "platform/service/command_line/command_line.hpp"
#include "platform/service/stores/wait_for_stores.hpp"

namespace {

using namespace twinfleet;
using namespace twinfleet::sample_fleets;

enum ExitCode : int { done = 0, partly_refused = 1, wrong_usage = 2, store_unreachable = 3, interrupted = 130 };

struct Options {
    std::string mongo_uri;
    std::chrono::milliseconds timeout{30'000};
    std::filesystem::path samples;
    CityFleetsOptions fleets;
    std::uint32_t bad_documents = 0;
    bool reset = false;
    std::uint32_t changes_per_second = 10;
    double seconds = 60;
    std::uint64_t seed = 1;
};

/// The samples of the working directory, else those beside the build that this program belongs to.
std::filesystem::path default_samples() {
    std::error_code ignored;
    if (std::filesystem::exists("samples/nyc_bases.csv", ignored)) {
        return "samples";
    }
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    for (auto folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
        if (std::filesystem::exists(folder / "samples" / "nyc_bases.csv", ignored)) {
            return folder / "samples";
        }
    }
    return "samples";
}

/// False: a stop was asked for meanwhile. Throws StoreUnavailable when the server has not answered within the timeout.
[[nodiscard]] bool wait_for_server(const mongo::Pool& pool, const Options& options, const std::stop_token& stop) {
    service::wait_for_stores(
        {[&pool] { pool.ping(); }}, options.timeout, platform::SystemClock(),
        [](std::string_view line) { std::cerr << line << std::endl; }, stop);
    return !stop.stop_requested();
}

mongo::Settings settings_of(const Options& options) {
    mongo::Settings settings;
    settings.uri = options.mongo_uri;
    settings.application_name = "sample-fleets";
    // The edits have a bulk for each of four collections under way, and a bulk holds a connection.
    settings.connections_max = 8;
    // So that a server that is away is noticed, and said, in time for the timeout.
    settings.server_selection_timeout = std::clamp<std::chrono::milliseconds>(
        options.timeout, std::chrono::milliseconds(100), settings.server_selection_timeout);
    return settings;
}

/// Keys and values are ours and plain: nothing to escape.
template <typename Counts>
std::string json_object(const Counts& counts) {
    std::ostringstream text;
    const char* separator = "{";
    for (const auto& [name, count] : counts) {
        text << separator << '"' << name << "\":" << count;
        separator = ",";
    }
    return counts.empty() ? "{}" : text.str() + "}";
}

/// These fields, by which a person finds the document again; nothing when one of them is no text.
std::optional<bson::Builder> named_by(bson::View document, std::initializer_list<const char*> fields) {
    bson::Builder named;
    for (const char* field : fields) {
        const auto text = bson::find_text(document, field);
        if (!text) {
            return std::nullopt;
        }
        named.string(field, *text);
    }
    return named;
}

/// With his first phone; empty for one who has no phone or no park, or whose id is no text.
std::string driver_json(bson::View driver) {
    const auto phones = driver.find("phones");
    if (!phones || phones->type != bson::Type::array || phones->document().empty()) {
        return {};
    }
    const bson::Element phone = *phones->document().begin();
    auto named = named_by(driver, {"_id", "park_id"});
    if (!phone.is_string() || !named) {
        return {};
    }
    return bson::to_extended_json(named->string("phone", phone.string()).take());
}

/// Empty where there is no text.
std::string text_of(bson::View document, const char* field) {
    return std::string(bson::find_text(document, field).value_or(""));
}

bool is_working(bson::View driver) {
    return text_of(driver, "work_status") == "working";
}

ExitCode load(const Options& options) {
    const auto registers = read_registers(options.samples);
    const process::StopSignals signals;
    const mongo::Pool pool(settings_of(options));
    if (!wait_for_server(pool, options, signals.token())) {
        return interrupted;
    }
    const FleetStore store(pool);

    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t removed = 0;
    if (options.reset) {
        removed = remove_sample_fleets(store);
    }

    struct Interrupted {};
    std::map<std::string, std::uint64_t> parks;
    std::map<std::string_view, std::uint64_t> documents;
    std::set<std::string> active_parks;
    std::string first_park = "null";
    std::string last_driver = "null";
    std::string driver_before = "null";
    FleetLoader loader(store);
    const Sink sink = [&](Collection collection, bson::View document) {
        if (signals.token().stop_requested()) {
            throw Interrupted{};
        }
        loader.add(collection, document);
        ++documents[name_of(collection).name];
        if (collection == Collection::drivers && is_working(document) &&
            active_parks.contains(text_of(document, "park_id"))) {
            if (auto driver = driver_json(document); !driver.empty()) {
                driver_before = std::exchange(last_driver, std::move(driver));
            }
        }
        if (collection == Collection::parks) {
            ++parks[text_of(document, "city_id")];
            if (const auto is_active = document.find("is_active");
                is_active && is_active->type == bson::Type::boolean && is_active->boolean()) {
                active_parks.insert(text_of(document, "_id"));
            }
            if (first_park == "null") {
                if (auto named = named_by(document, {"_id", "name", "city_id"})) {
                    first_park = bson::to_extended_json(named->take());
                }
            }
        }
    };
    try {
        generate_city_fleets(registers, options.fleets, sink);
        generate_bad_documents(options.bad_documents, sink);
        loader.finish();
    } catch (const Interrupted&) {
        std::cerr << "interrupted; loading again goes on from here\n";
        return interrupted;
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;

    const auto total = loader.total();
    std::cout << "{\"parks\":" << json_object(parks) << ",\"first_park\":" << first_park
              << ",\"last_driver\":" << last_driver << ",\"driver_before\":" << driver_before
              << ",\"documents\":" << json_object(documents)
              << ",\"cars_per_park_max\":" << options.fleets.cars_per_park_max << ",\"removed\":" << removed
              << ",\"inserted\":" << total.inserted << ",\"existing\":" << total.existing
              << ",\"refused\":" << total.refused << ",\"seconds\":" << elapsed.count() << "}" << std::endl;
    return total.refused == 0 ? done : partly_refused;
}

ExitCode edit(const Options& options) {
    const process::StopSignals signals;
    const mongo::Pool pool(settings_of(options));
    if (!wait_for_server(pool, options, signals.token())) {
        return interrupted;
    }
    const FleetStore store(pool);

    const auto fleet = read_editable_fleet(store);
    EditSequence edits(fleet, options.seed);
    const auto duration =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(options.seconds));
    const auto counts = run_edits(store, edits, options.changes_per_second, duration, signals.token());

    std::map<std::string_view, std::uint64_t> by_kind;
    for (std::size_t kind = 0; kind < edit_kind_names.size(); ++kind) {
        by_kind[edit_kind_names.at(kind)] = counts.by_kind.at(kind);
    }
    std::cout << "{\"changes\":" << counts.changes << ",\"missed\":" << counts.missed
              << ",\"refused\":" << counts.refused << ",\"by_kind\":" << json_object(by_kind)
              << ",\"seed\":" << options.seed << ",\"seconds\":" << counts.duration.count() << "}" << std::endl;
    if (signals.token().stop_requested()) {
        return interrupted;
    }
    return counts.refused == 0 ? done : partly_refused;
}

void add_store_options(CLI::App& command, Options& options) {
    command.add_option("--mongo-uri", options.mongo_uri, "MongoDB connection string")
        ->envname("FLEET_MONGO_URI")
        ->required();
    service::add_timeout(command, options.timeout);
}

ExitCode run(int argument_count, char** arguments) {
    // One for each command: CLI11 has the variables of all commands read, also of those that were not asked for.
    Options load_options;
    Options edit_options;
    load_options.samples = default_samples();
    CLI::App app(
        "Fills a MongoDB with the taxi parks of Chicago and New York and edits them.\n"
        "Exit codes: 0 done; 1 some writes were refused; 2 wrong usage; 3 the store cannot be reached; 130 "
        "interrupted.");
    app.require_subcommand(1);

    auto* load_command = app.add_subcommand("load", "Load the sample fleets; what is there already stays as it is");
    add_store_options(*load_command, load_options);
    load_command->add_option("--samples", load_options.samples, "Folder of the registers")->capture_default_str();
    load_command
        ->add_option("--cars-per-park-max", load_options.fleets.cars_per_park_max,
                     "Load at most so many cars of a park")
        ->check(CLI::Range(std::uint32_t{1}, CityFleetsOptions::cars_per_park_limit))
        ->capture_default_str();
    load_command
        ->add_option("--with-bad-documents", load_options.bad_documents,
                     "Add so many broken documents, to see the quarantine")
        ->check(CLI::Range(0U, 100'000U))
        ->capture_default_str();
    load_command->add_flag("--reset", load_options.reset, "First remove all sample fleets, their children included");

    auto* edit_command = app.add_subcommand("edit", "Edit parents of the sample fleets at a steady pace");
    add_store_options(*edit_command, edit_options);
    edit_command->add_option("--changes-per-second", edit_options.changes_per_second, "Pace")
        ->check(CLI::Range(1U, 100'000U))
        ->capture_default_str();
    edit_command->add_option("--seconds", edit_options.seconds, "How long")
        ->check(CLI::Range(0.001, 1e6))
        ->capture_default_str();
    edit_command->add_option("--seed", edit_options.seed, "The same seed on the same fleet makes the same edits")
        ->capture_default_str();

    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& error) {
        return service::answer_parse_error(app, error, std::cout, std::cerr) ? done : wrong_usage;
    }
    return load_command->parsed() ? load(load_options) : edit(edit_options);
}

}  // namespace

int main(int argument_count, char** arguments) {
    try {
        return run(argument_count, arguments);
    } catch (const std::invalid_argument& error) {
        std::cerr << "sample-fleets: " << error.what() << '\n';
        return wrong_usage;
    } catch (const platform::StoreUnavailable& error) {
        std::cerr << "sample-fleets: " << error.what() << '\n';
        return store_unreachable;
    } catch (const std::exception& error) {
        std::cerr << "sample-fleets: " << error.what() << '\n';
        return partly_refused;
    }
}

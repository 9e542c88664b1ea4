#pragma once

#include <chrono>
#include <iosfwd>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's name for it
class App;
class ParseError;
}  // namespace CLI

/// What the command lines of all programs have in common (CLI11).
namespace twinfleet::service {

/// `--timeout SECONDS`, from 0 to a day, fractions included; `timeout` holds the default.
void add_timeout(CLI::App& app, std::chrono::milliseconds& timeout);

/// Answers a command line that was not parsed to its end: help and the version go to `out`, and the result is true;
/// what was wrong goes to `error`, an unknown command with the list of those that there are.
[[nodiscard]] bool answer_parse_error(const CLI::App& app, const CLI::ParseError& parse_error, std::ostream& out,
                                      std::ostream& error);

}  // namespace twinfleet::service

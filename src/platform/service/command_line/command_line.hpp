#pragma once

#include <chrono>
#include <iosfwd>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's name for it
class App;
class ParseError;
}  // namespace CLI

/// What the command lines of all programs have in common, by the library CLI11.
namespace twinfleet::service {

/// Adds the option `--timeout SECONDS`, from 0 to a day, fractions included. `timeout` holds the default and takes the
/// value.
void add_timeout(CLI::App& app, std::chrono::milliseconds& timeout);

/// Answers a command line that CLI11 did not parse to its end. For help or the version, writes that to `out` and
/// returns true. Otherwise writes to `error` what was wrong, for an unknown command together with the known ones, and
/// returns false.
[[nodiscard]] bool answer_parse_error(const CLI::App& app, const CLI::ParseError& parse_error, std::ostream& out,
                                      std::ostream& error);

}  // namespace twinfleet::service

#include "benchmarks/api/wrk.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "benchmarks/support/child_process.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr const char* script = TWINFLEET_SOURCE_DIR "/benchmarks/api/random_paths.lua";

}  // namespace

WrkFigures run_wrk(const std::string& url, const std::string& authorization, const std::string& paths_file,
                   int seconds) {
    const Usage usage = run_program({"wrk", "--threads=1", "--connections=32",
                                     "--duration=" + std::to_string(seconds) + "s", std::string("--script=") + script,
                                     "--header=Authorization: " + authorization, url, "--", paths_file});
    std::istringstream words(usage.output.substr(std::min(usage.output.size(), usage.output.find("figures "))));
    std::string word;
    double requests = 0;
    double microseconds = 0;
    std::size_t failures = 0;
    if (usage.exit_code != 0 || !(words >> word >> requests >> microseconds >> failures)) {
        throw std::runtime_error("wrk failed: " + usage.output);
    }
    return {requests / microseconds * 1e6, failures};
}

}  // namespace twinfleet::benchmarks

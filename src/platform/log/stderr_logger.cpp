#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "platform/json/string.hpp"
#include "platform/log/line.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::log {

namespace {

spdlog::level::level_enum level_of(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
        case Level::off:
            break;
    }
    return spdlog::level::off;
}

class StderrLogger final : public Logger {
public:
    explicit StderrLogger(const Settings& settings)
        : format_(settings.format), level_(settings.level), logger_(settings.program, make_sink(settings.format)) {
        logger_.set_level(level_of(settings.level));
        logger_.flush_on(spdlog::level::trace);
        if (format_ == Format::json) {
            json::append_string(program_, settings.program);
            logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
                R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
        } else {
            logger_.set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
        }
    }

    [[nodiscard]] bool enabled(Level level) const override { return level >= level_ && level != Level::off; }

protected:
    void write(Level level, std::string_view event, std::span<const Field> fields) override {
        const std::string line = format_ == Format::json ? "\"program\":" + program_ + ',' + json_members(event, fields)
                                                         : console_line(event, fields);
        logger_.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
    }

private:
    static spdlog::sink_ptr make_sink(Format format) {
        if (format == Format::json) {
            return std::make_shared<spdlog::sinks::stderr_sink_mt>();
        }
        return std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    }

    // Constant after construction; spdlog's sink locks for itself.
    const Format format_;
    const Level level_;
    /// As a JSON string.
    std::string program_;
    spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Logger> make_stderr_logger(const Settings& settings) {
    return std::make_unique<StderrLogger>(settings);
}

}  // namespace twinfleet::log

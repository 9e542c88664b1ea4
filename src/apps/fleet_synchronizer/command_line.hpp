#pragma once

#include <memory>
#include <optional>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "platform/service/command_line/service_command_line.hpp"

namespace twinfleet::fleet_synchronizer {

/// Reads the commands that fleet-synchronizer has beside those of every service.
class CommandReader {
public:
    CommandReader();
    ~CommandReader();
    CommandReader(const CommandReader&) = delete;
    CommandReader& operator=(const CommandReader&) = delete;

    /// The program, whose commands are read into this object; this outlives the reading of its command line.
    [[nodiscard]] service::Program program();
    /// The command of the command line that was read; nullopt when it is one that every service has.
    [[nodiscard]] const std::optional<Command>& command() const noexcept;

private:
    struct Values;
    const std::unique_ptr<Values> values_;
};

}  // namespace twinfleet::fleet_synchronizer

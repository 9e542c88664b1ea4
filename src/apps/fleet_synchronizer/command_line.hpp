#pragma once

#include <memory>
#include <optional>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "platform/service/command_line/service_command_line.hpp"

namespace twinfleet::fleet_synchronizer {

/// Takes from the command line those commands of fleet-synchronizer that other services do not have.
class CommandReader {
public:
    CommandReader();
    ~CommandReader();
    CommandReader(const CommandReader&) = delete;
    CommandReader& operator=(const CommandReader&) = delete;

    /// The description of the program for service::run(). When the command line is read, its command goes into this
    /// object, which must live until then.
    [[nodiscard]] service::Program program();
    /// The command that was read; nullopt when it is one that every service has, such as `serve`.
    [[nodiscard]] const std::optional<Command>& command() const noexcept;

private:
    struct Values;
    const std::unique_ptr<Values> values_;
};

}  // namespace twinfleet::fleet_synchronizer

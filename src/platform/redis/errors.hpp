#pragma once

#include <string>
#include <string_view>

#include "platform/errors/store_error.hpp"

namespace twinfleet::redis {

constexpr const char* store_name = "Redis";

/// The server has used up its memory (`maxmemory`): it serves, but accepts no writes that need some
/// (redis.io/docs/latest/develop/reference/eviction).
class OutOfMemory final : public platform::StoreUnavailable {
public:
    explicit OutOfMemory(const std::string& reason) : StoreUnavailable(store_name, reason) {}
};

/// Whether an error reply says that the server cannot serve just now, and not that it refuses this command.
[[nodiscard]] bool means_unavailable(std::string_view error) noexcept;
/// Whether the error says that another server, or the same one on another connection, may be the one to ask: of those
/// for which means_unavailable() holds, all but the ones that say what this server cannot do just now.
[[nodiscard]] bool means_another_server(std::string_view error) noexcept;
/// Whether an error reply says that the server does not know the script of an EVALSHA.
[[nodiscard]] bool means_unknown_script(std::string_view error) noexcept;

/// The text of an error reply up to its first quotation mark: what the server quotes may be an argument, which must not
/// be in a log.
[[nodiscard]] std::string without_arguments(std::string_view error);

/// Throws what the error reply to a command means: OutOfMemory, another platform::StoreUnavailable, or
/// platform::StoreRefused. `command_name` goes into the message.
[[noreturn]] void throw_store_error(std::string_view command_name, std::string_view error);

}  // namespace twinfleet::redis

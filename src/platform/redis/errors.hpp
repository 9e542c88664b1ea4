#pragma once

#include <string>
#include <string_view>

namespace twinfleet::redis {

constexpr const char* store_name = "Redis";

/// Whether an error reply says that the server cannot serve just now, rather than that it will not.
[[nodiscard]] bool means_unavailable(std::string_view error) noexcept;
/// Whether the server does not know the script of an EVALSHA.
[[nodiscard]] bool means_unknown_script(std::string_view error) noexcept;

/// An error reply without what it quotes, which may be an argument: up to the first quotation mark.
[[nodiscard]] std::string without_arguments(std::string_view error);

/// platform::StoreUnavailable or platform::StoreRefused for the error reply to a command of that name.
[[noreturn]] void throw_store_error(std::string_view command_name, std::string_view error);

}  // namespace twinfleet::redis

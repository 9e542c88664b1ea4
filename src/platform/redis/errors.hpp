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

/// Whether an error reply says that the server cannot serve just now, rather than that it will not.
[[nodiscard]] bool means_unavailable(std::string_view error) noexcept;
/// Whether the server does not know the script of an EVALSHA.
[[nodiscard]] bool means_unknown_script(std::string_view error) noexcept;

/// An error reply without what it quotes, which may be an argument: up to the first quotation mark.
[[nodiscard]] std::string without_arguments(std::string_view error);

/// OutOfMemory, another platform::StoreUnavailable or platform::StoreRefused for the error reply to a command of that
/// name.
[[noreturn]] void throw_store_error(std::string_view command_name, std::string_view error);

}  // namespace twinfleet::redis

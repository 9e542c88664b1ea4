#pragma once

#include <algorithm>
#include <string_view>

namespace twinfleet::net {

/// Whether what is sent to this host stays on this machine, as far as its name tells: `localhost`, an address of
/// 127.0.0.0/8 or ::1 (with or without brackets), a path of a Unix socket, or nothing at all. A name that has to be
/// looked up is not asked for.
[[nodiscard]] constexpr bool is_on_this_machine(std::string_view host) noexcept {
    // `127.example.org` is a name.
    const bool is_of_digits = std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" || host == "::1" ||
           host == "[::1]" || (is_of_digits && host.starts_with("127."));
}

}  // namespace twinfleet::net

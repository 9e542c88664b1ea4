#pragma once

#include <string>

namespace twinfleet::tls {

/// Checks whether a file can be the list of certificate authorities that peers are checked against. It must be
/// readable, and must hold at least one certificate in PEM (RFC 7468) and none that is broken. Throws
/// std::invalid_argument with what is wrong. The check of a configuration calls this function, and so does the client
/// that is made of the configuration.
void check_ca_file(const std::string& file);

}  // namespace twinfleet::tls

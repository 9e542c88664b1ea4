#pragma once

#include <string>

namespace twinfleet::http {

/// Whether a file can serve as the list of certificate authorities that peers are checked against: it can be read,
/// holds at least one certificate in PEM (RFC 7468), and none that is broken. Throws std::invalid_argument with what is
/// wrong. Whoever checks a configuration calls this, and so does the client that is made of it.
void check_ca_file(const std::string& file);

}  // namespace twinfleet::http

#pragma once

#include <string>

namespace twinfleet::tls {

/// The files that a client uses for TLS.
struct Settings {
    /// The certificate authorities (a file of PEM) that peers are checked against. Empty: those that the system trusts.
    std::string ca_file;
    /// What this client shows to peers that want to know who it is: its certificate, followed by those that lead to its
    /// authority, and the private key of it (PEM). Both are empty when it has none.
    std::string certificate_file;
    std::string key_file;
};

}  // namespace twinfleet::tls

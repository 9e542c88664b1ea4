#pragma once

#include <string>

namespace twinfleet::mirroring {

/// Makes new ids: 32 lower-case hex digits (contract, section 1). Safe to use from any thread.
class IdSource {
public:
    IdSource() = default;
    IdSource(const IdSource&) = delete;
    IdSource& operator=(const IdSource&) = delete;
    virtual ~IdSource() = default;
    [[nodiscard]] virtual std::string next() = 0;
};

/// Makes random ids by libsodium's generator. The constructor throws std::runtime_error when libsodium cannot be
/// initialised.
class RandomIdSource final : public IdSource {
public:
    RandomIdSource();
    [[nodiscard]] std::string next() override;
};

}  // namespace twinfleet::mirroring

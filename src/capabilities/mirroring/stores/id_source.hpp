#pragma once

#include <string>

namespace twinfleet::mirroring {

/// New ids: 32 lower-case hex digits (contract, section 1). Safe to call from any thread.
class IdSource {
public:
    IdSource() = default;
    IdSource(const IdSource&) = delete;
    IdSource& operator=(const IdSource&) = delete;
    virtual ~IdSource() = default;
    [[nodiscard]] virtual std::string next() = 0;
};

/// Ids from libsodium's generator of random numbers. The constructor throws std::runtime_error when that cannot be
/// initialised.
class RandomIdSource final : public IdSource {
public:
    RandomIdSource();
    [[nodiscard]] std::string next() override;
};

}  // namespace twinfleet::mirroring

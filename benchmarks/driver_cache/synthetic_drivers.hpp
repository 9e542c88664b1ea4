#pragma once

#include <cstdint>
#include <string>

#include "platform/bson/builder.hpp"
#include "platform/incremental_cache/document_source.hpp"

namespace twinfleet::benchmarks {

/// Drivers that look like those of `dbdrivers.drivers`, made when they are asked for; the same number gives the same
/// one.
class SyntheticDrivers final : public incremental_cache::DocumentSource {
public:
    explicit SyntheticDrivers(std::uint64_t count) : count_(count) {}

    [[nodiscard]] static std::string id(std::uint64_t number);
    [[nodiscard]] static std::string phone(std::uint64_t number);
    /// `generation` is in his name and in `updated_ts`.
    [[nodiscard]] static bson::Document document(std::uint64_t number, std::uint32_t generation);

    /// Of all drivers from now on.
    void set_generation(std::uint32_t generation) { generation_ = generation; }

    void changed_since(const bson::ChangePosition&, const incremental_cache::Copy&, const Take&) override {}
    void all(const incremental_cache::Copy&, const Take& take) override;
    void by_ids(std::span<const std::string>, const Take&) override {}
    [[nodiscard]] bson::ChangePosition latest() override;
    [[nodiscard]] std::int64_t server_time_ms() override;

private:
    std::uint64_t count_;
    std::uint32_t generation_ = 0;
};

}  // namespace twinfleet::benchmarks

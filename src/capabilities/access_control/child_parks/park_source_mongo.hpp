#pragma once

#include <string>

#include "capabilities/access_control/child_parks/park_source.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::access_control {

/// Asks MongoDB: a park whose document has a `fleet_type` is a child (design, "Words"). Null and an empty text are
/// none.
class MongoParkSource final : public ParkSource {
public:
    explicit MongoParkSource(const mongo::Pool& pool, std::string database = "dbparks")
        : parks_(pool.collection(std::move(database), "parks")) {}

    [[nodiscard]] bool is_child(const ParkId& park_id) const override;

private:
    const mongo::Collection parks_;
};

}  // namespace twinfleet::access_control

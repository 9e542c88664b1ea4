#include "capabilities/access_control/child_parks/park_source_http.hpp"

#include "platform/errors/store_error.hpp"

namespace twinfleet::access_control {

bool HttpParkSource::is_child(const ParkId& park_id) const {
    try {
        return synchronizer_.links("parks", park_id.value()).role == clients::Role::child;
    } catch (const platform::StoreRefused& refused) {
        // Whoever asks goes on with what is remembered of the park, whatever keeps fleet-synchronizer from telling: a
        // wrong token must not stop every write.
        throw platform::StoreUnavailable(refused.store(), refused.what());
    }
}

}  // namespace twinfleet::access_control

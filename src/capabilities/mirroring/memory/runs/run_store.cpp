#include "capabilities/mirroring/memory/runs/run_store.hpp"

namespace twinfleet::mirroring {

const char* to_string(RunState state) {
    switch (state) {
        case RunState::waiting:
            return "waiting";
        case RunState::running:
            return "running";
        case RunState::done:
            return "done";
        case RunState::failed:
            return "failed";
        case RunState::interrupted:
            break;
    }
    return "interrupted";
}

}  // namespace twinfleet::mirroring

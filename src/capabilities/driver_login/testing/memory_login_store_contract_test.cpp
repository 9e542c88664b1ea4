#include "capabilities/driver_login/testing/login_store_contract.hpp"
#include "capabilities/driver_login/testing/memory_login_store.hpp"

namespace twinfleet::driver_login::testing {
namespace {

class InMemory {
public:
    LoginStore& store() { return store_; }

private:
    MemoryLoginStore store_{LoginLimits()};
};

INSTANTIATE_TYPED_TEST_SUITE_P(InMemory, LoginStoreContract, InMemory);

}  // namespace
}  // namespace twinfleet::driver_login::testing

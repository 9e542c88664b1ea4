#pragma once

#include <functional>
#include <memory>

#include "platform/http/message.hpp"

namespace twinfleet::http {

/// The answer to one request, still to be given. Copies stand for the same answer; any thread may send it, at any time.
/// The first answer counts. When the last copy goes away without one, the client gets 500 `internal`.
class Reply {
public:
    using Send = std::function<void(Response)>;
    /// `send` is called once, from whichever thread answers; it must not throw.
    explicit Reply(Send send);

    void send(Response response) const;

private:
    struct Once;
    std::shared_ptr<Once> once_;
};

}  // namespace twinfleet::http

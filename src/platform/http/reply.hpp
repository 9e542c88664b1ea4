#pragma once

#include <functional>
#include <memory>

#include "platform/http/message.hpp"

namespace twinfleet::http {

/// Sends the answer to one request. All copies of a Reply stand for the same answer; any thread may send it, at any
/// time. Only the first answer is sent. When the last copy is destroyed without one, the client gets 500 `internal`.
class Reply {
public:
    using Send = std::function<void(Response)>;
    /// `send` is called once, on the thread that gives the answer; it must not throw.
    explicit Reply(Send send);

    void send(Response response) const;

private:
    struct Once;
    std::shared_ptr<Once> once_;
};

}  // namespace twinfleet::http

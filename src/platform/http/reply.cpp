#include "platform/http/reply.hpp"

#include <atomic>
#include <utility>

namespace twinfleet::http {

struct Reply::Once {
    explicit Once(Send send_it) : send(std::move(send_it)) {}
    ~Once() {
        if (!is_sent.test()) {
            send(error_response(500, "internal", "The request could not be answered."));
        }
    }
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;

    const Send send;
    std::atomic_flag is_sent;
};

Reply::Reply(Send send) : once_(std::make_shared<Once>(std::move(send))) {}

void Reply::send(Response response) const {
    if (!once_->is_sent.test_and_set()) {
        once_->send(std::move(response));
    }
}

}  // namespace twinfleet::http

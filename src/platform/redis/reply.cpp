#include <utility>

#include "platform/errors/store_error.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

const char* name_of(Reply::Kind kind) {
    switch (kind) {
        case Reply::Kind::nil:
            return "nil";
        case Reply::Kind::integer:
            return "an integer";
        case Reply::Kind::text:
            return "a text";
        case Reply::Kind::array:
            return "an array";
    }
    return "nothing";
}

void expect(Reply::Kind expected, Reply::Kind found) {
    if (expected != found) {
        throw platform::StoreRefused(
            store_name, 0, std::string("expected ") + name_of(expected) + " as reply, found " + name_of(found));
    }
}

}  // namespace

std::int64_t Reply::integer() const {
    expect(Kind::integer, kind_);
    return integer_;
}

const std::string& Reply::text() const& {
    expect(Kind::text, kind_);
    return text_;
}

std::string Reply::text() && {
    expect(Kind::text, kind_);
    return std::move(text_);
}

std::optional<std::string> Reply::optional_text() const {
    return is_nil() ? std::nullopt : std::optional(text());
}

const std::vector<Reply>& Reply::items() const& {
    expect(Kind::array, kind_);
    return items_;
}

std::vector<Reply> Reply::items() && {
    expect(Kind::array, kind_);
    return std::move(items_);
}

}  // namespace twinfleet::redis

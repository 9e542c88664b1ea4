#include "capabilities/driver_sessions/api/revocation_http.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "domain/phone.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_sessions {
namespace {

using Kind = RevocationTarget::Kind;

constexpr std::ptrdiff_t reason_characters_max = 200;
/// Of UTF-8.
constexpr std::size_t character_bytes_max = 4;

struct Selector {
    std::string_view field;
    Kind kind;
};
constexpr Selector selectors[] = {
    {"driver_id", Kind::driver}, {"park_id", Kind::park}, {"phone", Kind::phone}, {"family", Kind::family}};

struct Revocation {
    std::string_view field;
    RevocationTarget target;
    std::string reason;
};

/// Of a text in UTF-8, where only the first byte of each is no continuation (RFC 3629, section 3).
std::ptrdiff_t characters(std::string_view text) {
    return std::count_if(text.begin(), text.end(),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A phone that a profile holds, although no numbering plan knows it.
bool looks_like_e164(std::string_view text) {
    return text.size() >= 3 && text.size() <= 16 && text.front() == '+' &&
           std::all_of(text.begin() + 1, text.end(), is_digit);
}

RevocationTarget checked(const RevocationApi& api, RevocationTarget target) {
    if (target.kind == Kind::phone) {
        if (auto phone = domain::normalize_phone(target.id, api.region)) {
            target.id = *std::move(phone);
        } else if (!looks_like_e164(target.id)) {
            throw json::BadInput("phone", "expected a phone number");
        }
    }
    const auto& apps = api.apps.all();
    if (target.kind == Kind::family &&
        std::none_of(apps.begin(), apps.end(), [&](const auto& app) { return app.family == target.id; })) {
        throw json::BadInput("family", "expected a configured app family");
    }
    return target;
}

Revocation read_revocation(const RevocationApi& api, std::string_view body) {
    auto revocation = json::read_object(body, [](json::ObjectReader& reader) {
        std::optional<Revocation> found;
        for (const auto& [field, kind] : selectors) {
            auto id = reader.optional_text(field);
            if (!id) {
                continue;
            }
            if (found) {
                throw json::BadInput(std::string(field), "expected one of driver_id, park_id, phone and family alone");
            }
            found = Revocation{.field = field, .target = {.kind = kind, .id = *std::move(id)}, .reason = {}};
        }
        if (!found) {
            throw json::BadInput("", "expected one of driver_id, park_id, phone and family");
        }
        found->reason = reader.text("reason", {.bytes_max = reason_characters_max * character_bytes_max});
        if (characters(found->reason) > reason_characters_max) {
            throw json::BadInput("reason", "expected at most 200 characters");
        }
        return *std::move(found);
    });
    revocation.target = checked(api, std::move(revocation.target));
    return revocation;
}

std::string for_the_log(const RevocationTarget& target) {
    return target.kind == Kind::phone ? domain::masked_phone(target.id) : target.id;
}

std::string for_the_log(std::string reason) {
    constexpr auto digits_max = 6;
    if (std::count_if(reason.begin(), reason.end(), is_digit) > digits_max) {
        std::replace_if(reason.begin(), reason.end(), is_digit, '*');
    }
    return reason;
}

http::Response revoke(const RevocationApi& api, const api::Call& call) {
    const auto [field, target, reason] = read_revocation(api, call.request.body);
    const auto revoked = api.sessions.revoke(target);
    if (target.kind == Kind::phone) {
        api.forget_phone(target.id);
    }
    api.log.info("sessions were revoked", {{"caller", call.caller},
                                           {"by", field},
                                           {"id", for_the_log(target)},
                                           {"reason", for_the_log(reason)},
                                           {"revoked", revoked},
                                           {"request_id", call.request_id}});
    // Which profiles have the phone is not known yet, or no longer: what is known of is over, and it is to be repeated.
    if (target.kind == Kind::phone && api.directory.is_stale()) {
        return api::unavailable_response();
    }
    return http::json_response(200, {{"revoked", revoked}});
}

}  // namespace

std::vector<api::Route> revocation_routes(const RevocationApi& api) {
    return {{.method = "POST",
             .pattern = "/v1/internal/sessions/revoke",
             .handler = api::without_query([&api](const api::Call& call) { return revoke(api, call); }),
             .takes_body = true}};
}

}  // namespace twinfleet::driver_sessions

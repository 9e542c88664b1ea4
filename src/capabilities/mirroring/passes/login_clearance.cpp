#include "capabilities/mirroring/passes/login_clearance.hpp"

#include <algorithm>
#include <utility>

#include "capabilities/mirroring/passes/child_retirement.hpp"
#include "capabilities/mirroring/policy/logins.hpp"

namespace twinfleet::mirroring {
namespace {

/// Each round moves one link of a chain in which everybody wants the login of the next one.
constexpr int rounds_max = 50;

std::string text_in(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    return element && element->is_string() ? std::string(element->string()) : std::string();
}

}  // namespace

LoginClearance::LoginClearance(const BatchContext& context, ParkStandings& parks, BatchPlanner& planner,
                               ForeignEditRecorder& foreign_edits, MirrorBatch& batch)
    : context_(context), parks_(parks), planner_(planner), foreign_edits_(foreign_edits), batch_(batch) {}

std::vector<std::size_t> LoginClearance::clear(std::vector<std::size_t> positions) {
    if (positions.empty()) {
        return positions;
    }
    const bool is_last_round = ++rounds_ > rounds_max;
    const std::vector<Claim> claims = find_holders(positions);
    Holders holders = find_copies(claims);
    for (const Claim& claim : claims) {
        const auto holder = holders.find(claim.holder_id);
        const bool was_seen_to = seen_to_.contains(claim.holder_id);
        if (holder != holders.end() && !was_seen_to && !is_last_round) {
            decide(claim, holder->second);
        }
        const bool is_to_be_tried_again = holder != holders.end() && holder->second.is_dealt_with();
        if (!claim.holder_id.empty() && !is_to_be_tried_again) {
            batch_.items[claim.position].login_holder = claim.holder_id;
        } else if (is_last_round) {
            batch_.items[claim.position].quarantine(reason::write_refused);
            std::erase(positions, claim.position);
        }
    }
    for (const auto& [id, holder] : holders) {
        seen_to_.insert(id);
    }
    retire(holders);
    for (const std::size_t position : make_way(holders)) {
        positions.push_back(position);
    }
    std::ranges::sort(positions);
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    return positions;
}

std::vector<LoginClearance::Claim> LoginClearance::find_holders(const std::vector<std::size_t>& positions) const {
    std::vector<Claim> claims;
    std::vector<EntityStore::ParkLogin> logins;
    for (const std::size_t position : positions) {
        const bson::View content = batch_.items[position].operation.projection.content;
        claims.push_back({.position = position,
                          .login = {.park_id = text_in(content, context_.entity.park_field),
                                    .login = text_in(content, context_.entity.unique_in_park)},
                          .holder_id = {}});
        logins.push_back(claims.back().login);
    }
    const auto found = context_.documents.login_holders(logins);
    for (Claim& claim : claims) {
        const auto holder = std::ranges::find_if(found, [&](const EntityStore::ParkLogin& one) {
            return one.park_id == claim.login.park_id && one.login == claim.login.login;
        });
        if (holder != found.end()) {
            claim.holder_id = holder->id;
        }
    }
    return claims;
}

LoginClearance::Holders LoginClearance::find_copies(const std::vector<Claim>& claims) {
    std::vector<domain::ChildId> ids;
    for (const Claim& claim : claims) {
        if (!claim.holder_id.empty()) {
            ids.emplace_back(claim.holder_id);
        }
    }
    Holders holders;
    if (ids.empty()) {
        return holders;
    }
    std::vector<std::string> parent_ids;
    for (auto& [family, link] : context_.links.find_by_child(context_.entity, ids)) {
        if (family == context_.family.name) {
            parent_ids.push_back(link.parent_id.value());
            const std::string id = link.child_id.value();
            holders.insert_or_assign(id, Holder{.link = std::move(link), .parent = {}});
        }
    }
    batch_.documents.push_back(std::make_unique<DocumentBatch>(context_.documents.fetch(parent_ids)));
    const DocumentsById parents = documents_by_id(*batch_.documents.back());
    // What others have linked or moved since it was looked up counts here.
    parks_.forget();
    for (auto& [id, holder] : holders) {
        const auto parent = parents.find(holder.link.parent_id.value());
        if (parent == parents.end()) {
            continue;
        }
        holder.parent = planner_.inspect(parent->second);
        holder.parent.link = holder.link;
        parks_.find(std::span(&holder.parent, 1));
        holder.parent.decision = mirroring::decide(context_.entity, holder.parent.candidate(), context_.settings.rules);
    }
    return holders;
}

void LoginClearance::decide(const Claim& claim, Holder& holder) const {
    using Kind = Decision::Kind;
    const bool is_there = !holder.parent.parent.id.empty();
    if (!is_there || holder.parent.decision.kind == Kind::retire || holder.parent.decision.kind == Kind::skip) {
        holder.is_to_be_retired = true;
        return;
    }
    const bool is_still_his =
        holder.parent.park && holder.parent.park->child_park_id == claim.login.park_id &&
        text_in(holder.parent.parent.document, context_.entity.unique_in_park) == claim.login.login;
    const bool is_mirrored = holder.parent.decision.is_to_be_mirrored();
    holder.is_to_be_renamed = is_mirrored && !is_still_his;
    // No two parents have one login: that of the claim has been changed since it was read.
    holder.is_entitled = is_mirrored && is_still_his;
}

void LoginClearance::retire(const Holders& holders) {
    std::vector<Link> gone;
    for (const auto& [id, holder] : holders) {
        if (holder.is_to_be_retired) {
            gone.push_back(holder.link);
        }
    }
    if (!gone.empty()) {
        batch_.counts.retired +=
            ChildRetirement(context_, parks_, planner_, foreign_edits_, gone, batch_.outcome).retire();
    }
}

std::vector<std::size_t> LoginClearance::make_way(Holders& holders) {
    std::vector<Holder*> leaving;
    std::vector<std::string> child_ids;
    std::vector<domain::ParentId> parent_ids;
    for (auto& [id, holder] : holders) {
        if (holder.is_to_be_renamed) {
            leaving.push_back(&holder);
            child_ids.push_back(id);
            parent_ids.push_back(holder.link.parent_id);
        }
    }
    std::vector<std::size_t> positions;
    if (leaving.empty()) {
        return positions;
    }
    // In the order of ChildWriter: what a write begins with tells others that this child may be another one from then
    // on.
    context_.settings.assert_lease();
    const DocumentBatch documents = context_.documents.fetch(child_ids);
    const DocumentsById children = documents_by_id(documents);
    static_cast<void>(
        context_.links.begin_write(context_.settings.lease, context_.entity, context_.family, parent_ids));
    std::vector<ChildUpdate> updates;
    for (Holder* holder : leaving) {
        positions.push_back(position_of(*holder));
        const auto child = children.find(holder->link.child_id.value());
        if (child != children.end()) {
            updates.push_back(guarded_update(holder->link.child_id, child->second));
            updates.back().set =
                bson::Builder()
                    .string(context_.entity.unique_in_park, stand_in_login(holder->link.child_id.value()))
                    .take();
        }
    }
    context_.settings.assert_lease();
    // Whatever comes of it, the children are read again.
    static_cast<void>(context_.documents.update(updates));
    return positions;
}

std::size_t LoginClearance::position_of(Holder& holder) {
    const auto known = std::ranges::find_if(
        batch_.items, [&](const MirrorBatch::Item& item) { return item.parent.id == holder.link.parent_id.value(); });
    if (known != batch_.items.end()) {
        if (!known->link) {
            known->link = holder.link;
        }
        return static_cast<std::size_t>(known - batch_.items.begin());
    }
    holder.parent.is_alongside = true;
    batch_.items.push_back(std::move(holder.parent));
    return batch_.items.size() - 1;
}

}  // namespace twinfleet::mirroring

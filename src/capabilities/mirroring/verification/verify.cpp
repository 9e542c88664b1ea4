#include "capabilities/mirroring/verification/verify.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/passes/batch_mirror.hpp"
#include "capabilities/mirroring/verification/misplaced_profiles.hpp"

namespace twinfleet::mirroring {
namespace {

/// The pages that follow are as long as the documents' size allows.
constexpr std::size_t first_page = 64;

/// In ascending order of weight, as the enumeration is: one field that grants too much makes it a matter of grants.
DifferenceType type_of(const FieldPolicy* policy) {
    if (policy == nullptr) {
        return DifferenceType::content;
    }
    switch (policy->treatment) {
        case Treatment::remap:
        case Treatment::remap_each:
            return DifferenceType::reference;
        case Treatment::read_only:
        case Treatment::constant:
            // Constants are what keeps a group or a user from more than its grants.
            return DifferenceType::grants;
        default:
            return DifferenceType::content;
    }
}

class Verification {
public:
    Verification(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                 const Scope& scope, const PassSettings& settings, const VerifyListener& listener, std::stop_token stop)
        : unique_drivers_(environment.stores.unique_drivers),
          links_(environment.stores.links),
          documents_(environment.stores.of(entity)),
          entity_(entity),
          family_(family),
          scope_(scope),
          settings_(settings),
          listener_(listener),
          stop_(std::move(stop)),
          projector_(entity, family),
          mirror_(environment, entity, family,
                  {.rules = {.read_every_child = true}, .lease = nullptr, .only_examines = true}),
          now_(environment.clock.now()) {}

    VerificationSummary run(const VerifyCheckpoint& start) {
        summary_.is_complete = (start.phase == VerifyPhase::source || walk_links(start.after)) && read_source() &&
                               (scope_.everything() || examine_children());
        return summary_;
    }

    VerificationSummary run_parents(std::span<const std::string> ids) {
        std::vector<domain::ParentId> parents;
        for (const std::string& id : ids) {
            parents.emplace_back(id);
        }
        compare_links(links_.find_by_parent(entity_, family_, parents));
        summary_.is_complete = true;
        return summary_;
    }

private:
    void found(std::string parent_id, std::string child_id, DifferenceType type, std::vector<std::string> fields,
               std::optional<Time> since) {
        ++summary_.differences;
        std::optional<double> age_seconds;
        if (since) {
            age_seconds = std::max(0.0, std::chrono::duration<double>(now_ - *since).count());
        }
        listener_.on_difference(
            {&entity_, family_.name, std::move(parent_id), std::move(child_id), type, std::move(fields), age_seconds});
    }

    /// Of everything: every link. Of some parks: only those whose parents are gone, as who moved into these parks has a
    /// link that still names another one, and is met by read_source() alone.
    bool walk_links(std::optional<domain::ParentId> after) {
        LinkStore::Page page;
        page.after = std::move(after);
        page.parent_park_ids = scope_.parks;
        page.limit = std::min(settings_.batch.documents_max, first_page);
        while (!stop_.stop_requested()) {
            const auto links = links_.list(entity_, family_, page);
            if (links.empty()) {
                listener_.on_checkpoint({VerifyPhase::source, std::nullopt}, summary_);
                return true;
            }
            const std::size_t bytes = scope_.everything() ? compare_links(links) : examine_orphans(links);
            page.after = links.back().parent_id;
            // Documents are asked for by id, so how large they are shows afterwards only.
            page.limit = bytes > settings_.batch.bytes_max ? std::max<std::size_t>(page.limit / 2, 1)
                                                           : std::min(page.limit * 2, settings_.batch.documents_max);
            if (scope_.everything()) {
                listener_.on_checkpoint({VerifyPhase::links, page.after}, summary_);
            }
        }
        return false;
    }

    /// Returns the size of the parents.
    std::size_t compare_links(const std::vector<Link>& links) {
        std::vector<std::string> ids;
        ids.reserve(links.size());
        for (const Link& link : links) {
            ids.push_back(link.parent_id.value());
        }
        DocumentBatch parents = documents_.fetch(ids);
        const std::size_t bytes = parents.size_bytes();
        const auto batch = mirror_.examine(std::move(parents));
        std::unordered_set<std::string_view> present;
        for (const MirrorBatch::Item& item : batch->items) {
            present.insert(item.parent.id);
        }
        compare(*batch);
        std::vector<Link> orphans;
        for (const Link& link : links) {
            if (!present.contains(link.parent_id.value())) {
                orphans.push_back(link);
            }
        }
        compare_orphans(orphans);
        return bytes;
    }

    /// What has no link; of some parks, everything. The same read meets the children, too, when it reads everything.
    bool read_source() {
        const auto stream = documents_.all(scope_, settings_.batch);
        DocumentBatch documents;
        while (!stop_.stop_requested()) {
            if (!stream->next(documents)) {
                return true;
            }
            const auto batch = scope_.everything() ? mirror_.examine_unlinked(std::move(documents))
                                                   : mirror_.examine(std::move(documents));
            documents = DocumentBatch();
            std::vector<const ParentFacts*> not_parents;
            compare(*batch);
            for (const MirrorBatch::Item& item : batch->items) {
                if (item.operation.step == Step::skip && !item.link) {
                    not_parents.push_back(&item.parent);
                }
            }
            examine_children(not_parents);
        }
        return false;
    }

    void compare(const MirrorBatch& batch) {
        const MisplacedProfiles misplaced = misplaced_profiles(unique_drivers_, entity_, family_, batch);
        for (std::size_t i = 0; i < batch.items.size(); ++i) {
            const auto profile = misplaced.find(i);
            compare(batch.items[i], profile == misplaced.end() ? std::string_view() : profile->second);
        }
    }

    /// `misplaced`: how the profile of the child is misplaced; empty when it is not.
    void compare(const MirrorBatch::Item& item, std::string_view misplaced) {
        const auto since = to_time(item.parent.version);
        switch (item.operation.step) {
            case Step::unchanged:
            case Step::update:
            case Step::switch_off: {
                ++summary_.checked;
                std::vector<std::string> fields;
                DifferenceType type = DifferenceType::content;
                for (const auto& field : item.operation.difference.fields) {
                    type = std::max(type, type_of(projector_.policy_of(field.name)));
                    fields.push_back(field.name);
                }
                if (item.operation.difference.has_empty_time) {
                    fields.emplace_back(bson::updated_ts_field);
                }
                if (!misplaced.empty()) {
                    type = std::max(type, DifferenceType::reference);
                    fields.emplace_back(misplaced);
                }
                if (!fields.empty()) {
                    found(item.parent.id, item.link->child_id.value(), type, std::move(fields), since);
                }
                break;
            }
            case Step::create:
                ++summary_.checked;
                found(item.parent.id, item.link->child_id.value(), DifferenceType::missing, {}, since);
                break;
            case Step::reserve:
                found(item.parent.id, {}, DifferenceType::missing, {}, since);
                break;
            case Step::retire:
                ++summary_.checked;
                found(item.parent.id, item.link->child_id.value(), DifferenceType::extra, {}, since);
                break;
            default:
                break;
        }
    }

    /// Documents that are no parents of this family: those in its parks must have a link.
    void examine_children(const std::vector<const ParentFacts*>& documents) {
        if (documents.empty()) {
            return;
        }
        std::vector<domain::ChildId> candidates;
        if (entity_.is_park()) {
            for (const ParentFacts* park : documents) {
                const auto fleet_type = park->document.find("fleet_type");
                if (park->is_child && fleet_type->is_string() && fleet_type->string() == family_.name) {
                    candidates.emplace_back(park->id);
                }
            }
        } else {
            std::unordered_set<std::string> parks;
            std::vector<domain::ChildId> unknown_parks;
            for (const ParentFacts* document : documents) {
                if (!document->park_id.empty() && parks.insert(document->park_id).second) {
                    unknown_parks.emplace_back(document->park_id);
                }
            }
            std::unordered_set<std::string> child_parks;
            for (const auto& [family, link] : links_.find_by_child(park_entity(), unknown_parks)) {
                if (family == family_.name) {
                    child_parks.insert(link.child_id.value());
                }
            }
            for (const ParentFacts* document : documents) {
                if (child_parks.contains(document->park_id)) {
                    candidates.emplace_back(document->id);
                }
            }
        }
        std::unordered_map<std::string, std::optional<Time>> unlinked;
        for (const ParentFacts* document : documents) {
            unlinked.emplace(document->id, to_time(document->version));
        }
        std::unordered_set<std::string> linked;
        for (const auto& [family, link] : links_.find_by_child(entity_, candidates)) {
            linked.insert(link.child_id.value());
        }
        for (const domain::ChildId& candidate : candidates) {
            if (!linked.contains(candidate.value())) {
                found({}, candidate.value(), DifferenceType::extra, {}, unlinked.find(candidate.value())->second);
            }
        }
    }

    /// With a scope the parents' read does not meet the children: read their parks as well.
    bool examine_children() {
        std::vector<domain::ParentId> ids;
        for (const auto& park : scope_.parks) {
            ids.emplace_back(park.value());
        }
        Scope child_scope;
        for (const Link& link : links_.find_by_parent(park_entity(), family_, ids)) {
            child_scope.parks.emplace_back(link.child_id.value());
        }
        if (child_scope.parks.empty()) {
            return true;
        }
        const auto stream = documents_.all(child_scope, settings_.batch);
        DocumentBatch documents;
        while (!stop_.stop_requested()) {
            if (!stream->next(documents)) {
                return true;
            }
            std::vector<ParentFacts> facts;
            std::vector<const ParentFacts*> pointers;
            facts.reserve(documents.size());
            for (std::size_t i = 0; i < documents.size(); ++i) {
                facts.push_back(projector_.inspect(documents[i]));
                pointers.push_back(&facts.back());
            }
            examine_children(pointers);
        }
        return false;
    }

    /// Returns the size of what was read.
    std::size_t examine_orphans(const std::vector<Link>& links) {
        std::vector<std::string> ids;
        ids.reserve(links.size());
        for (const Link& link : links) {
            ids.push_back(link.parent_id.value());
        }
        std::unordered_set<std::string> present;
        for (auto& parent : documents_.presence(ids)) {
            present.insert(std::move(parent.id));
        }
        std::vector<Link> orphans;
        for (const Link& link : links) {
            if (!present.contains(link.parent_id.value())) {
                orphans.push_back(link);
            }
        }
        return compare_orphans(orphans);
    }

    /// Links whose parents are gone: their children must be switched off.
    std::size_t compare_orphans(const std::vector<Link>& links) {
        std::unordered_map<std::string, const Link*> orphans;
        std::vector<std::string> child_ids;
        for (const Link& link : links) {
            orphans.emplace(link.child_id.value(), &link);
            child_ids.push_back(link.child_id.value());
        }
        const DocumentBatch children = documents_.fetch(child_ids);
        std::unordered_set<std::string> children_there;
        for (std::size_t i = 0; i < children.size(); ++i) {
            const auto id = children[i].find("_id");
            const Link& link = *orphans.find(*children_there.emplace(id->string()).first)->second;
            ++summary_.checked;
            bson::Document storage;
            const bool is_switched_off = projector_.retirement(children[i], storage).empty();
            if (link.state != LinkState::retired) {
                found(link.parent_id.value(), link.child_id.value(), DifferenceType::extra, {}, link.synced_at);
            } else if (!is_switched_off) {
                found(link.parent_id.value(), link.child_id.value(), DifferenceType::content,
                      {std::string(entity_.retirement.field)}, link.synced_at);
            }
        }
        // Neither is there, as in a cluster that is another one or emptied.
        for (const Link& link : links) {
            if (link.state == LinkState::linked && !children_there.contains(link.child_id.value())) {
                found(link.parent_id.value(), link.child_id.value(), DifferenceType::extra, {}, link.synced_at);
            }
        }
        return children.size_bytes();
    }

    UniqueDriverStore& unique_drivers_;
    LinkStore& links_;
    EntityStore& documents_;
    const Entity& entity_;
    const domain::AppFamily& family_;
    const Scope& scope_;
    const PassSettings& settings_;
    const VerifyListener& listener_;
    std::stop_token stop_;
    Projector projector_;
    BatchMirror mirror_;
    const Time now_;
    VerificationSummary summary_;
};

}  // namespace

const char* to_string(DifferenceType type) {
    switch (type) {
        case DifferenceType::missing:
            return "missing";
        case DifferenceType::extra:
            return "extra";
        case DifferenceType::content:
            return "content";
        case DifferenceType::reference:
            return "reference";
        case DifferenceType::grants:
            break;
    }
    return "grants";
}

VerificationSummary verify(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                           const Scope& scope, const PassSettings& settings, const VerifyCheckpoint& start,
                           const VerifyListener& listener, std::stop_token stop) {
    return Verification(environment, entity, family, scope, settings, listener, std::move(stop)).run(start);
}

VerificationSummary verify_parents(const MirrorEnvironment& environment, const Entity& entity,
                                   const domain::AppFamily& family, std::span<const std::string> ids,
                                   const PassSettings& settings, const VerifyListener& listener) {
    const Scope everything;
    return Verification(environment, entity, family, everything, settings, listener, {}).run_parents(ids);
}

}  // namespace twinfleet::mirroring

#include "capabilities/mirroring/verification/verify.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::size_t link_page = 1000;

class Verification {
public:
    Verification(const World& world, const Entity& entity, const domain::AppFamily& family, const Scope& scope,
                 const PassSettings& settings, const std::function<void(const FoundDifference&)>& on_difference,
                 std::stop_token stop)
        : world_(world),
          entity_(entity),
          family_(family),
          scope_(scope),
          settings_(settings),
          on_difference_(on_difference),
          stop_(std::move(stop)),
          projector_(entity, family),
          mirror_(world, entity, family,
                  {.rules = {.read_every_child = true}, .lease = nullptr, .only_examines = true}) {}

    VerificationSummary run() {
        now_ = world_.clock.now();
        summary_.is_complete = compare_parents() && examine_orphans() && (scope_.everything() || examine_children());
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
        on_difference_({&entity_, family_.name, std::move(parent_id), std::move(child_id), type, std::move(fields),
                        age_seconds});
    }

    /// Every parent against its child. The same read meets the children, too, when it reads everything.
    bool compare_parents() {
        const auto stream = world_.store(entity_).all(scope_, settings_.batch);
        DocumentBatch documents;
        while (!stop_.stop_requested()) {
            if (!stream->next(documents)) {
                return true;
            }
            const auto batch = mirror_.examine(std::move(documents));
            documents = DocumentBatch();
            std::vector<const ParentFacts*> not_parents;
            for (const MirrorBatch::Item& item : batch->items) {
                compare(item);
                if (item.operation.step == Step::skip && !item.link) {
                    not_parents.push_back(&item.parent);
                }
            }
            examine_children(not_parents);
        }
        return false;
    }

    void compare(const MirrorBatch::Item& item) {
        const auto since = to_time(item.parent.version);
        switch (item.operation.step) {
            case Step::unchanged:
                ++summary_.checked;
                break;
            case Step::update: {
                ++summary_.checked;
                std::vector<std::string> fields;
                DifferenceType type = DifferenceType::content;
                for (const auto& field : item.operation.difference.fields) {
                    const FieldPolicy* policy = projector_.policy_of(field.name);
                    if (policy != nullptr && policy->treatment == Treatment::remap) {
                        type = DifferenceType::reference;
                    }
                    fields.push_back(field.name);
                }
                found(item.parent.id, item.link->child_id.value(), type, std::move(fields), since);
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
            for (const auto& [family, link] : world_.links.find_by_child(park_entity(), unknown_parks)) {
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
        for (const auto& [family, link] : world_.links.find_by_child(entity_, candidates)) {
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
        for (const Link& link : world_.links.find_by_parent(park_entity(), family_, ids)) {
            child_scope.parks.emplace_back(link.child_id.value());
        }
        if (child_scope.parks.empty()) {
            return true;
        }
        const auto stream = world_.store(entity_).all(child_scope, settings_.batch);
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

    /// Links whose parents are gone: their children must be switched off.
    bool examine_orphans() {
        EntityStore& store = world_.store(entity_);
        LinkStore::Page page;
        page.parent_park_ids = scope_.parks;
        page.limit = link_page;
        while (!stop_.stop_requested()) {
            const auto links = world_.links.list(entity_, family_, page);
            if (links.empty()) {
                return true;
            }
            page.after = links.back().parent_id;
            std::vector<std::string> ids;
            for (const Link& link : links) {
                ids.push_back(link.parent_id.value());
            }
            std::unordered_set<std::string> present;
            for (auto& parent : store.presence(ids)) {
                present.insert(std::move(parent.id));
            }
            std::unordered_map<std::string, const Link*> orphans;
            std::vector<std::string> child_ids;
            for (const Link& link : links) {
                if (!present.contains(link.parent_id.value())) {
                    orphans.emplace(link.child_id.value(), &link);
                    child_ids.push_back(link.child_id.value());
                }
            }
            const DocumentBatch children = store.fetch(child_ids);
            for (std::size_t i = 0; i < children.size(); ++i) {
                const auto id = children[i].find("_id");
                const Link& link = *orphans.find(std::string(id->string()))->second;
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
        }
        return false;
    }

    const World& world_;
    const Entity& entity_;
    const domain::AppFamily& family_;
    const Scope& scope_;
    const PassSettings& settings_;
    const std::function<void(const FoundDifference&)>& on_difference_;
    std::stop_token stop_;
    Projector projector_;
    BatchMirror mirror_;
    Time now_{};
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

VerificationSummary verify(const World& world, const Entity& entity, const domain::AppFamily& family, const Scope& scope,
                           const PassSettings& settings,
                           const std::function<void(const FoundDifference&)>& on_difference, std::stop_token stop) {
    return Verification(world, entity, family, scope, settings, on_difference, std::move(stop)).run();
}

}  // namespace twinfleet::mirroring

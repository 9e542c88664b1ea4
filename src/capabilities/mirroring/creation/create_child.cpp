#include "capabilities/mirroring/creation/create_child.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/passes/batch_mirror.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::string_view working = "working";

std::optional<domain::ChildId> text_of(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    if (!element || !element->is_string()) {
        return std::nullopt;
    }
    return domain::ChildId(element->string());
}

class ChildCreation {
public:
    ChildCreation(const World& world, const domain::AppFamily& family, std::span<const domain::ParentId> ids)
        : world_(world), family_(family), projector_(drivers_, family), answers_(ids.size()) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (is_usable_id(ids[i].value())) {
                wanted_.emplace(ids[i].value(), i);
            } else {
                refuse(i, CreationRefusal::driver_not_found, {{driver, refused}});
            }
        }
    }

    std::vector<CreationAnswer> run() {
        read_drivers();
        refuse_children();
        look_at_parks();
        answer_existing();
        make_missing();
        std::vector<CreationAnswer> answers;
        answers.reserve(answers_.size());
        for (auto& answer : answers_) {
            answers.push_back(std::move(answer).value());
        }
        return answers;
    }

private:
    using Steps = std::vector<CreationStep>;
    static constexpr std::string_view driver = "driver";
    static constexpr std::string_view park = "park";
    static constexpr std::string_view profile = "profile";
    static constexpr std::string_view found = "found";
    static constexpr std::string_view made = "made";
    static constexpr std::string_view left_out = "left_out";
    static constexpr std::string_view refused = "refused";

    /// One that is neither refused nor answered yet.
    struct Pending {
        std::size_t position;
        bson::View document;
        ParentFacts facts;
    };

    void refuse(std::size_t position, CreationRefusal refusal, Steps steps, std::string reason = {}) {
        answers_[position] = CreationRefused{refusal, std::move(reason), std::move(steps)};
    }

    /// Keeps those for which `is_kept` is true; it refuses or answers the others.
    template <typename IsKept>
    void keep_if(IsKept&& is_kept) {
        std::erase_if(pending_, [&](const Pending& one) { return !is_kept(one); });
    }

    [[nodiscard]] std::vector<domain::ParentId> pending_ids() const {
        std::vector<domain::ParentId> ids;
        ids.reserve(pending_.size());
        for (const Pending& one : pending_) {
            ids.emplace_back(one.facts.id);
        }
        return ids;
    }

    void read_drivers() {
        std::vector<std::string> ids;
        for (const auto& [id, position] : wanted_) {
            ids.push_back(id);
        }
        if (!ids.empty()) {
            parents_ = world_.store(drivers_).fetch(ids);
        }
        for (std::size_t i = 0; i < parents_.size(); ++i) {
            Pending one{.position = 0, .document = parents_[i], .facts = projector_.inspect(parents_[i])};
            const auto place = wanted_.find(one.facts.id);
            if (place != wanted_.end()) {
                one.position = place->second;
                wanted_.erase(place);
                pending_.push_back(std::move(one));
            }
        }
        for (const auto& [id, position] : wanted_) {
            refuse(position, CreationRefusal::driver_not_found, {{driver, refused}});
        }
    }

    /// Either the document lives in a child park, or it is one that the mirror made.
    void refuse_children() {
        if (pending_.empty()) {
            return;
        }
        std::vector<domain::ChildId> as_children;
        std::set<std::string> park_ids;
        for (const Pending& one : pending_) {
            as_children.emplace_back(one.facts.id);
            if (!one.facts.park_id.empty()) {
                park_ids.insert(one.facts.park_id);
            }
        }
        std::set<std::string, std::less<>> made_here;
        for (const auto& [family, link] : world_.links.find_by_child(drivers_, as_children)) {
            made_here.insert(link.child_id.value());
        }
        std::set<std::string, std::less<>> child_parks;
        if (!park_ids.empty()) {
            const std::vector<std::string> ids(park_ids.begin(), park_ids.end());
            const DocumentBatch parks = world_.store(park_entity()).fetch(ids);
            const Projector park_projector(park_entity(), family_);
            for (std::size_t i = 0; i < parks.size(); ++i) {
                const ParentFacts facts = park_projector.inspect(parks[i]);
                if (facts.is_child) {
                    child_parks.insert(facts.id);
                }
            }
        }
        keep_if([&](const Pending& one) {
            const bool is_child = made_here.contains(one.facts.id) || child_parks.contains(one.facts.park_id);
            if (is_child) {
                refuse(one.position, CreationRefusal::driver_is_child, {{driver, refused}});
            } else if (!one.facts.problem.empty()) {
                refuse(one.position, CreationRefusal::driver_quarantined, {{driver, refused}}, one.facts.problem);
            }
            return !is_child && one.facts.problem.empty();
        });
    }

    void look_at_parks() {
        if (pending_.empty()) {
            return;
        }
        std::set<std::string> distinct;
        for (const Pending& one : pending_) {
            distinct.insert(one.facts.park_id);
        }
        const std::vector<std::string> texts(distinct.begin(), distinct.end());
        const std::vector<domain::ParentId> ids(distinct.begin(), distinct.end());
        std::set<std::string> mirrored;
        for (const Link& link : world_.links.find_by_parent(park_entity(), family_, ids)) {
            if (link.state == LinkState::linked) {
                mirrored.insert(link.parent_id.value());
            }
        }
        const auto aside = world_.links.quarantined_among(park_entity(), family_, texts);
        keep_if([&](const Pending& one) {
            const std::string& park_id = one.facts.park_id;
            if (std::ranges::find(aside, park_id) != aside.end()) {
                refuse(one.position, CreationRefusal::driver_quarantined, {{driver, found}, {park, refused}},
                       std::string(reason::parent_quarantined));
                return false;
            }
            if (!mirrored.contains(park_id)) {
                refuse(one.position, CreationRefusal::park_not_mirrored, {{driver, found}, {park, refused}});
                return false;
            }
            const auto work_status = one.document.find("work_status");
            if (!work_status || !work_status->is_string() || work_status->string() != working) {
                refuse(one.position, CreationRefusal::driver_not_working, {{park, found}, {driver, refused}});
                return false;
            }
            return true;
        });
    }

    void answer_existing() {
        if (pending_.empty()) {
            return;
        }
        std::unordered_map<std::string, Link> links;
        std::vector<std::string> child_ids;
        for (Link& link : world_.links.find_by_parent(drivers_, family_, pending_ids())) {
            if (link.state != LinkState::reserved) {
                child_ids.push_back(link.child_id.value());
                links.emplace(link.parent_id.value(), std::move(link));
            }
        }
        if (links.empty()) {
            return;
        }
        const DocumentBatch children = world_.store(drivers_).fetch(child_ids);
        std::unordered_map<std::string_view, bson::View> child_by_id;
        for (std::size_t i = 0; i < children.size(); ++i) {
            if (const auto id = children[i].find("_id"); id && id->is_string()) {
                child_by_id.emplace(id->string(), children[i]);
            }
        }
        keep_if([&](const Pending& one) {
            const auto link = links.find(one.facts.id);
            if (link == links.end()) {
                return true;
            }
            const auto child = child_by_id.find(link->second.child_id.value());
            const bool is_there = child != child_by_id.end();
            answers_[one.position] = ChildDriver{
                .family = family_,
                .driver_id = link->second.child_id,
                .park_id = link->second.child_park_id,
                .car_id = is_there ? text_of(child->second, "car_id") : std::nullopt,
                .rule_id = is_there ? text_of(child->second, "rule_id") : std::nullopt,
                .created = false,
            };
            return false;
        });
    }

    void make_missing() {
        if (pending_.empty()) {
            return;
        }
        DocumentBatch documents;
        std::unordered_map<std::string, std::size_t> positions;
        for (const Pending& one : pending_) {
            documents.add(one.document);
            positions.emplace(one.facts.id, one.position);
        }
        World watched = world_;
        watched.on_operation = [&](const OperationReport& operation) {
            if (operation.kind == OperationReport::Kind::create) {
                made_now_.emplace(operation.entity->name, operation.parent_id->value());
            }
            if (world_.on_operation) {
                world_.on_operation(operation);
            }
        };
        BatchMirror mirror(watched, drivers_, family_, {.rules = {.create_by_name = true}, .lease = nullptr});
        const auto batch = mirror.mirror_on_demand(std::move(documents));
        for (const MirrorBatch::Item& item : batch->items) {
            if (const auto position = positions.find(item.parent.id); position != positions.end()) {
                answer_made(position->second, item);
                positions.erase(position);
            }
        }
        for (const auto& [id, position] : positions) {
            // He changed his id, which no document can: the store gave something else than it was asked for.
            refuse(position, CreationRefusal::driver_not_found, {{driver, refused}});
        }
    }

    void answer_made(std::size_t position, const MirrorBatch::Item& item) {
        if (item.result == MirrorBatch::Result::quarantined) {
            refuse(position, CreationRefusal::driver_quarantined, steps_of(item), item.operation.reason);
            return;
        }
        if (!item.link || item.result == MirrorBatch::Result::skipped) {
            // He left the park, or the park the mirror, while this was under way.
            refuse(position, CreationRefusal::park_not_mirrored, {{driver, found}, {park, refused}});
            return;
        }
        const bson::View content = item.operation.projection.content;
        answers_[position] = ChildDriver{
            .family = family_,
            .driver_id = item.link->child_id,
            .park_id = domain::ChildParkId(item.park->child_park_id),
            .car_id = text_of(content, "car_id"),
            .rule_id = text_of(content, "rule_id"),
            .created = item.was_inserted,
        };
    }

    /// Of one that was refused while his child was made.
    [[nodiscard]] Steps steps_of(const MirrorBatch::Item& item) const {
        Steps steps{{park, found}};
        const bson::View content = item.operation.projection.content;
        for (const Reference& reference : item.parent.references) {
            const std::string_view target = reference.policy->target;
            const bool is_made = made_now_.contains({std::string(target), std::string(reference.id)});
            const bool is_followed = !content.empty() && content.find(reference.policy->field).has_value();
            steps.push_back({target == "cars" ? "car" : "rule", is_made ? made : is_followed ? found : left_out});
        }
        steps.push_back({driver, item.was_inserted ? made : refused});
        if (item.was_inserted) {
            steps.push_back({profile, refused});
        }
        return steps;
    }

    const Entity& drivers_ = entity("drivers");
    const World& world_;
    const domain::AppFamily& family_;
    const Projector projector_;
    std::vector<std::optional<CreationAnswer>> answers_;
    /// Ids that were not met yet, and where their answers belong.
    std::map<std::string, std::size_t, std::less<>> wanted_;
    DocumentBatch parents_;
    std::vector<Pending> pending_;
    /// By entity and parent's id.
    std::set<std::pair<std::string, std::string>> made_now_;
};

}  // namespace

std::string_view to_string(CreationRefusal refusal) {
    switch (refusal) {
        case CreationRefusal::driver_not_found:
            return "driver_not_found";
        case CreationRefusal::driver_is_child:
            return "driver_is_child";
        case CreationRefusal::park_not_mirrored:
            return "park_not_mirrored";
        case CreationRefusal::driver_not_working:
            return "driver_not_working";
        case CreationRefusal::driver_quarantined:
            break;
    }
    return "driver_quarantined";
}

std::string_view message_of(CreationRefusal refusal) {
    switch (refusal) {
        case CreationRefusal::driver_not_found:
            return "There is no such driver.";
        case CreationRefusal::driver_is_child:
            return "The driver is a child himself.";
        case CreationRefusal::park_not_mirrored:
            return "The driver's park is not mirrored into this family.";
        case CreationRefusal::driver_not_working:
            return "The driver does not work.";
        case CreationRefusal::driver_quarantined:
            break;
    }
    return "The driver cannot be mirrored and is in quarantine.";
}

CreationAnswer create_child_driver(const World& world, const domain::AppFamily& family,
                                   const domain::ParentId& parent_driver_id) {
    return create_child_drivers(world, family, std::span(&parent_driver_id, 1)).front();
}

std::vector<CreationAnswer> create_child_drivers(const World& world, const domain::AppFamily& family,
                                                 std::span<const domain::ParentId> parent_driver_ids) {
    return ChildCreation(world, family, parent_driver_ids).run();
}

}  // namespace twinfleet::mirroring

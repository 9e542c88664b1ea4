#include "capabilities/mirroring/creation/create_child.hpp"

#include <map>
#include <set>
#include <utility>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/passes/batch_mirror.hpp"

namespace twinfleet::mirroring {
namespace {

using Item = MirrorBatch::Item;

std::optional<domain::ChildId> text_of(bson::View document, std::string_view field) {
    const auto element = document.find(field);
    if (!element || !element->is_string()) {
        return std::nullopt;
    }
    return domain::ChildId(element->string());
}

bool works(bson::View driver) {
    const auto work_status = driver.find("work_status");
    return work_status && work_status->is_string() && work_status->string() == "working";
}

class ChildCreation {
public:
    ChildCreation(const MirrorEnvironment& environment, const domain::AppFamily& family,
                  std::span<const domain::ParentId> ids)
        : environment_(environment), family_(family), answers_(ids.size()) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (is_usable_id(ids[i].value())) {
                positions_.emplace(ids[i].value(), i);
            } else {
                refuse(i, CreationRefusal::driver_not_found, {{driver, refused}});
            }
        }
    }

    std::vector<CreationAnswer> run() {
        if (!positions_.empty()) {
            mirror(read_drivers());
        }
        std::vector<CreationAnswer> answers;
        answers.reserve(answers_.size());
        for (auto& answer : answers_) {
            // Who was not met does not exist.
            answers.push_back(answer ? std::move(*answer)
                                     : CreationRefused{CreationRefusal::driver_not_found, {}, {{driver, refused}}});
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

    void refuse(std::size_t position, CreationRefusal refusal, Steps steps, std::string reason = {}) {
        answers_[position] = CreationRefused{refusal, std::move(reason), std::move(steps)};
    }

    [[nodiscard]] std::optional<CreationAnswer>& answer_to(const Item& item) {
        return answers_[positions_.find(item.parent.id)->second];
    }

    [[nodiscard]] DocumentBatch read_drivers() const {
        std::vector<std::string> ids;
        for (const auto& [id, position] : positions_) {
            ids.push_back(id);
        }
        return environment_.stores.of(drivers_).fetch(ids);
    }

    void mirror(DocumentBatch&& drivers) {
        if (drivers.empty()) {
            return;
        }
        MirrorEnvironment watched = environment_;
        watched.on_operation = [&](const OperationReport& operation) {
            if (operation.kind == OperationReport::Kind::create) {
                made_now_.emplace(operation.entity->name, operation.parent_id->value());
            }
            if (environment_.on_operation) {
                environment_.on_operation(operation);
            }
        };
        BatchMirror mirror(watched, drivers_, family_, {.rules = {.create_by_name = true}, .lease = nullptr});
        const auto batch =
            mirror.mirror_on_demand(std::move(drivers), [this](std::vector<Item>& items) { choose(items); });
        for (const Item& item : batch->items) {
            if (!answer_to(item)) {
                answer_made(positions_.find(item.parent.id)->second, item);
            }
        }
    }

    /// Leaves only those whose children are to be made; refuses or answers the others.
    void choose(std::vector<Item>& items) {
        // The store gave something else than it was asked for.
        std::erase_if(items, [&](const Item& item) { return !positions_.contains(item.parent.id); });
        if (items.empty()) {
            return;
        }
        const Children children = find_children(items);
        std::erase_if(items, [&](const Item& item) { return refuse_if_need_be(item, children); });
        answer_existing(items);
    }

    struct Children {
        std::set<std::string, std::less<>> drivers;
        std::set<std::string, std::less<>> parks;
    };

    /// What shows in no item: which of these drivers the mirror has made itself, and which of their parks are children,
    /// as their documents say. A park that has a link is looked at as well: somebody may have made a child of it since,
    /// and what lives in a child is never copied (invariant 5 of ARCHITECTURE.md).
    [[nodiscard]] Children find_children(const std::vector<Item>& items) const {
        std::vector<domain::ChildId> driver_ids;
        std::set<std::string> park_ids;
        for (const Item& item : items) {
            driver_ids.emplace_back(item.parent.id);
            if (item.park && !item.park->is_child) {
                park_ids.insert(item.parent.park_id);
            }
        }
        Children children;
        for (const auto& [family, link] : environment_.stores.links.find_by_child(drivers_, driver_ids)) {
            children.drivers.insert(link.child_id.value());
        }
        if (!park_ids.empty()) {
            const std::vector<std::string> ids(park_ids.begin(), park_ids.end());
            const DocumentBatch parks = environment_.stores.of(park_entity()).fetch(ids);
            const Projector park_projector(park_entity(), family_);
            for (std::size_t i = 0; i < parks.size(); ++i) {
                const ParentFacts facts = park_projector.inspect(parks[i]);
                if (facts.is_child) {
                    children.parks.insert(facts.id);
                }
            }
        }
        return children;
    }

    /// Whether nothing is to be done for the driver, who is refused. One who is refused because he cannot be mirrored
    /// is taken along all the same: the plan says so as well, and he is put into quarantine, where an operator finds
    /// him.
    [[nodiscard]] bool refuse_if_need_be(const Item& item, const Children& children) {
        const std::size_t position = positions_.find(item.parent.id)->second;
        const ParentFacts& facts = item.parent;
        const bool is_in_child_park = (item.park && item.park->is_child) || children.parks.contains(facts.park_id);
        const bool is_erased = item.is_erased || (item.link && item.link->kept_retired == KeptRetired::erased);
        if (is_erased) {
            // Nothing else is told of him. Where his parent says so himself, the job asks for the erasure.
            refuse(position, CreationRefusal::driver_not_found, {{driver, refused}});
            return true;
        }
        if (is_in_child_park || children.drivers.contains(facts.id)) {
            refuse(position, CreationRefusal::driver_is_child, {{driver, refused}});
            return true;
        }
        if (!facts.problem.empty()) {
            refuse(position, CreationRefusal::driver_quarantined, {{driver, refused}}, facts.problem);
            return false;
        }
        if (item.park && item.park->is_quarantined) {
            refuse(position, CreationRefusal::driver_quarantined, {{driver, found}, {park, refused}},
                   std::string(reason::parent_quarantined));
            return false;
        }
        if (!item.park || !item.park->is_mirrored || item.park->is_retired) {
            // One that names no park, too: an empty text is no id.
            refuse(position, CreationRefusal::park_not_mirrored, {{driver, found}, {park, refused}});
            return true;
        }
        if (!works(facts.document)) {
            refuse(position, CreationRefusal::driver_not_working, {{park, found}, {driver, refused}});
            return true;
        }
        return false;
    }

    /// Takes out those whose children are there. A link that is only reserved says nothing of its child.
    void answer_existing(std::vector<Item>& items) {
        const auto has_child = [this](const Item& item) {
            return item.link && item.link->state != LinkState::reserved && !answer_to(item);
        };
        std::vector<std::string> child_ids;
        for (const Item& item : items) {
            if (has_child(item)) {
                child_ids.push_back(item.link->child_id.value());
            }
        }
        if (child_ids.empty()) {
            return;
        }
        const DocumentBatch documents = environment_.stores.of(drivers_).fetch(child_ids);
        const DocumentsById children = documents_by_id(documents);
        std::erase_if(items, [&](const Item& item) {
            const bool is_answered = has_child(item);
            if (is_answered) {
                const auto child = children.find(item.link->child_id.value());
                const bool is_there = child != children.end();
                answer_to(item) = ChildDriver{
                    .family = family_,
                    .driver_id = item.link->child_id,
                    .park_id = item.link->child_park_id,
                    .car_id = is_there ? text_of(child->second, "car_id") : std::nullopt,
                    .rule_id = is_there ? text_of(child->second, "rule_id") : std::nullopt,
                    .created = false,
                };
            }
            return is_answered;
        });
    }

    void answer_made(std::size_t position, const Item& item) {
        if (item.result == MirrorBatch::Result::quarantined) {
            refuse(position, CreationRefusal::driver_quarantined, steps_of(item), item.operation.reason);
            return;
        }
        if (item.link && item.link->kept_retired == KeptRetired::erased) {
            refuse(position, CreationRefusal::driver_not_found, {{driver, refused}});
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
    [[nodiscard]] Steps steps_of(const Item& item) const {
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
    const MirrorEnvironment& environment_;
    const domain::AppFamily& family_;
    std::vector<std::optional<CreationAnswer>> answers_;
    /// Where the answer for each usable id belongs.
    std::map<std::string, std::size_t, std::less<>> positions_;
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

CreationAnswer create_child_driver(const MirrorEnvironment& environment, const domain::AppFamily& family,
                                   const domain::ParentId& parent_driver_id) {
    return create_child_drivers(environment, family, std::span(&parent_driver_id, 1)).front();
}

std::vector<CreationAnswer> create_child_drivers(const MirrorEnvironment& environment, const domain::AppFamily& family,
                                                 std::span<const domain::ParentId> parent_driver_ids) {
    return ChildCreation(environment, family, parent_driver_ids).run();
}

}  // namespace twinfleet::mirroring

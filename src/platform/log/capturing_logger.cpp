#include "platform/log/capturing_logger.hpp"

#include "platform/log/line.hpp"

namespace twinfleet::log {

std::vector<CapturingLogger::Entry> CapturingLogger::entries() const {
    return entries_.with([](const auto& entries) { return entries; });
}

std::vector<CapturingLogger::Entry> CapturingLogger::entries(std::string_view event) const {
    std::vector<Entry> found = entries();
    std::erase_if(found, [event](const Entry& entry) { return entry.event != event; });
    return found;
}

void CapturingLogger::write(Level level, std::string_view event, std::span<const Field> fields) {
    Entry entry{level, std::string(event), {}};
    for (const Field& field : fields) {
        entry.fields.insert_or_assign(std::string(field.key), value_text(field.value));
    }
    entries_.with([&entry](auto& entries) { entries.push_back(std::move(entry)); });
}

}  // namespace twinfleet::log

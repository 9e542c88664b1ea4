#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bson/builder.hpp"
#include "platform/bson/change_position.hpp"
#include "platform/incremental_cache/cached_type.hpp"

namespace twinfleet::incremental_cache::testing {

/// The smallest type worth caching: `{_id, number, tags: [text], updated_ts}`. A number that is none keeps it aside.
struct Note {
    std::string id;
    std::int64_t number = 0;
    std::vector<std::string> tags;
    bool operator==(const Note&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Note& note) {
    out << note.id << '=' << note.number;
    for (const auto& tag : note.tags) {
        out << ' ' << tag;
    }
    return out;
}

struct CachedNote {
    using Value = Note;
    static constexpr std::string_view name = "notes";
    static constexpr std::uint32_t schema_version = 1;
    static constexpr std::size_t by_tag = 0;
    static constexpr std::size_t index_count = 1;

    static std::span<const std::string_view> fields() {
        static constexpr std::array<std::string_view, 4> names{"_id", "number", "tags", "updated_ts"};
        return names;
    }
    static Parsed<Note> parse(bson::View document) {
        const auto id = document.find("_id");
        if (!id || !id->is_string()) {
            return BadDocument{"bad_id"};
        }
        const auto number = document.find("number");
        if (!number || !number->integer()) {
            return BadDocument{"bad_field:number"};
        }
        Note note{.id = std::string(id->string()), .number = *number->integer(), .tags = {}};
        if (const auto tags = document.find("tags")) {
            for (const auto& tag : tags->document()) {
                note.tags.emplace_back(tag.string());
            }
        }
        return note;
    }
    static std::string_view id(const Note& note) { return note.id; }
    template <typename Use>
    static void for_each_key(const Note& note, Use&& use) {
        for (const auto& tag : note.tags) {
            use(by_tag, std::string_view(tag));
        }
    }
    static void write(const Note& note, RecordWriter& writer) {
        writer.text(note.id);
        writer.signed_number(note.number);
        writer.number(note.tags.size());
        for (const auto& tag : note.tags) {
            writer.text(tag);
        }
    }
    static Note read(RecordReader& reader) {
        Note note{.id = reader.text(), .number = reader.signed_number(), .tags = {}};
        for (std::uint64_t count = reader.number(); count > 0; --count) {
            note.tags.push_back(reader.text());
        }
        return note;
    }
};
static_assert(CachedType<CachedNote>);

[[nodiscard]] inline bson::ChangeTime at_second(std::int64_t second) {
    return bson::ChangeTime::of(bson::Timestamp{static_cast<std::uint32_t>(second), 0});
}

/// As `updated_ts`.
inline void append(bson::Builder& builder, const bson::ChangeTime& version) {
    if (version.kind == bson::ChangeTime::Kind::timestamp) {
        builder.timestamp("updated_ts", bson::unpacked(version.value));
    } else if (version.kind == bson::ChangeTime::Kind::date) {
        builder.date("updated_ts", version.value);
    }
}

inline bson::Document document_of(const Note& note, const bson::ChangeTime& version) {
    bson::Builder builder;
    builder.string("_id", note.id).int64("number", note.number);
    builder.array("tags", bson::string_array({note.tags.begin(), note.tags.end()}));
    append(builder, version);
    return builder.take();
}

/// One that is kept aside.
inline bson::Document bad_document(const std::string& id, const bson::ChangeTime& version) {
    bson::Builder builder;
    builder.string("_id", id).string("number", "many");
    append(builder, version);
    return builder.take();
}

}  // namespace twinfleet::incremental_cache::testing

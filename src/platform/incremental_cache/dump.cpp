#include "platform/incremental_cache/dump.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace twinfleet::incremental_cache {
namespace {

constexpr std::array<char, 8> magic{'t', 'w', 'i', 'n', 'd', 'u', 'm', 'p'};
constexpr std::uint32_t format_version = 1;

/// As it stands in the file. Byte order is the machine's: another one takes it for another version.
struct Header {
    std::array<char, 8> magic;
    std::uint32_t format_version;
    std::uint32_t has_timestamp;
    std::uint64_t schema;
    std::uint64_t documents;
    std::uint64_t record_bytes;
    std::int64_t timestamp;
    std::int64_t date_ms;
    std::uint32_t has_date;
    std::uint32_t reserved;
    std::int64_t complete_until_us;
    std::int64_t last_full_at_us;
    std::uint64_t kept_aside;
    /// Of all that stands before.
    std::uint64_t checksum;
};
static_assert(sizeof(Header) == 96);

struct RecordHead {
    std::uint64_t document_hash;
    std::int64_t version;
    std::uint32_t kind;
    std::uint32_t size;
};
static_assert(sizeof(RecordHead) == 24);

std::uint64_t schema_of(const RecordType& type) {
    std::string text(type.name);
    text += '\n' + std::to_string(type.schema_version);
    for (const std::string_view field : type.fields) {
        text += '\n';
        text += field;
    }
    return XXH3_64bits(text.data(), text.size());
}

std::uint64_t checksum_of(const Header& header) {
    return XXH3_64bits(&header, offsetof(Header, checksum));
}

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

/// A file that is being written, with a checksum of what was.
class Output {
public:
    explicit Output(const std::filesystem::path& path)
        : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)), hash_(XXH3_createState()) {
        if (file_.number() < 0) {
            throw_errno("a dump cannot be created");
        }
        reset_checksum();
        buffer_.reserve(buffer_bytes);
    }

    template <typename Value>
    void add(const Value& value) {
        add_bytes(Bytes(reinterpret_cast<const std::uint8_t*>(&value), sizeof(value)));
    }
    void add_bytes(Bytes bytes) {
        if (buffer_.size() + bytes.size() > buffer_bytes) {
            flush();
        }
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
    void flush() {
        XXH3_64bits_update(hash_.get(), buffer_.data(), buffer_.size());
        for (Bytes rest = buffer_; !rest.empty();) {
            const ssize_t written = ::write(file_.number(), rest.data(), rest.size());
            if (written < 0 && errno != EINTR) {
                throw_errno("a dump cannot be written");
            }
            rest = rest.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
        }
        buffer_.clear();
    }
    void reset_checksum() { XXH3_64bits_reset(hash_.get()); }
    /// Of what was flushed.
    [[nodiscard]] std::uint64_t checksum() const { return XXH3_64bits_digest(hash_.get()); }
    void write_at_start(const Header& header) {
        if (::pwrite(file_.number(), &header, sizeof(header), 0) != ssize_t{sizeof(header)}) {
            throw_errno("a dump cannot be written");
        }
    }
    void sync() {
        if (::fsync(file_.number()) != 0) {
            throw_errno("a dump cannot be written");
        }
    }

private:
    static constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
    struct FreeState {
        void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
    };
    Descriptor file_;
    std::unique_ptr<XXH3_state_t, FreeState> hash_;
    std::vector<std::uint8_t> buffer_;
};

void sync_folder(const std::filesystem::path& folder) {
    const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.number() < 0 || ::fsync(descriptor.number()) != 0) {
        throw_errno("the folder of a dump cannot be synced");
    }
}

/// A whole file, mapped read-only.
class Mapping {
public:
    explicit Mapping(const std::filesystem::path& path) {
        const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        struct stat status {};
        if (file.number() < 0 || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
            is_absent_ = file.number() < 0 && errno == ENOENT;
            return;
        }
        size_ = static_cast<std::size_t>(status.st_size);
        if (size_ > 0) {
            start_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.number(), 0);
        }
        is_readable_ = start_ != MAP_FAILED;
        if (is_readable_ && size_ > 0) {
            ::madvise(start_, size_, MADV_SEQUENTIAL);
        }
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (is_readable_ && size_ > 0) {
            ::munmap(start_, size_);
        }
    }
    [[nodiscard]] bool is_absent() const noexcept { return is_absent_; }
    [[nodiscard]] bool is_readable() const noexcept { return is_readable_; }
    [[nodiscard]] Bytes bytes() const noexcept { return {static_cast<const std::uint8_t*>(start_), size_}; }

private:
    bool is_absent_ = false;
    bool is_readable_ = false;
    void* start_ = nullptr;
    std::size_t size_ = 0;
};

template <typename Value>
Value value_at(Bytes bytes) {
    Value value;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

/// `use(head, record)` for each; false when they do not fill `records` exactly.
template <typename Use>
bool for_each_record(Bytes records, Use&& use) {
    while (records.size() >= sizeof(RecordHead)) {
        const auto head = value_at<RecordHead>(records);
        records = records.subspan(sizeof(RecordHead));
        if (head.size > records.size() || head.kind > static_cast<std::uint32_t>(bson::ChangeTime::Kind::date)) {
            return false;
        }
        use(head, records.first(head.size));
        records = records.subspan(head.size);
    }
    return records.empty();
}

platform::Time time_of(std::int64_t microseconds) {
    return platform::Time(std::chrono::microseconds(microseconds));
}

}  // namespace

std::filesystem::path dump_path(const std::filesystem::path& folder, std::string_view cache) {
    return folder / (std::string(cache) + ".dump");
}

std::string_view name_of(DumpRefusal refusal) noexcept {
    switch (refusal) {
        case DumpRefusal::absent:
            return "absent";
        case DumpRefusal::unreadable:
            return "unreadable";
        case DumpRefusal::other_version:
            return "other_version";
        case DumpRefusal::other_schema:
            return "other_schema";
        case DumpRefusal::cut_short:
            return "cut_short";
        case DumpRefusal::corrupt:
            break;
    }
    return "corrupt";
}

std::uint64_t write_dump(const std::filesystem::path& path, const RecordCache& cache, const DumpState& state) {
    std::filesystem::path temporary = path;
    temporary += ".tmp";
    Header header{.magic = magic,
                  .format_version = format_version,
                  .has_timestamp = state.position.timestamp ? 1U : 0U,
                  .schema = schema_of(cache.type()),
                  .documents = 0,
                  .record_bytes = 0,
                  .timestamp = state.position.timestamp ? bson::packed(*state.position.timestamp) : 0,
                  .date_ms = state.position.date_ms.value_or(0),
                  .has_date = state.position.date_ms ? 1U : 0U,
                  .reserved = 0,
                  .complete_until_us = state.complete_until.time_since_epoch().count(),
                  .last_full_at_us = state.last_full_at.time_since_epoch().count(),
                  .kept_aside = state.kept_aside,
                  .checksum = 0};
    {
        Output output(temporary);
        output.add(header);
        output.flush();
        output.reset_checksum();
        for (std::size_t shard = 0; shard < HashIndex::shard_count; ++shard) {
            cache.visit_shard(shard, [&](const Entry& entry) {
                const Bytes record = entry.record();
                const bson::ChangeTime version = entry.version();
                output.add(RecordHead{.document_hash = entry.document_hash(),
                                      .version = version.value,
                                      .kind = static_cast<std::uint32_t>(version.kind),
                                      .size = static_cast<std::uint32_t>(record.size())});
                output.add_bytes(record);
                ++header.documents;
                header.record_bytes += sizeof(RecordHead) + record.size();
            });
        }
        output.flush();
        output.add(output.checksum());
        output.flush();
        header.checksum = checksum_of(header);
        output.write_at_start(header);
        output.sync();
    }
    std::filesystem::rename(temporary, path);
    sync_folder(path.parent_path());
    return sizeof(Header) + header.record_bytes + sizeof(std::uint64_t);
}

std::variant<DumpState, DumpRefusal> load_dump(const std::filesystem::path& path, RecordCache& cache) {
    const Mapping file(path);
    if (!file.is_readable()) {
        return file.is_absent() ? DumpRefusal::absent : DumpRefusal::unreadable;
    }
    const Bytes bytes = file.bytes();
    if (bytes.size() < sizeof(Header)) {
        return DumpRefusal::cut_short;
    }
    const auto header = value_at<Header>(bytes);
    if (header.magic != magic || header.format_version != format_version) {
        return DumpRefusal::other_version;
    }
    if (header.checksum != checksum_of(header)) {
        return DumpRefusal::corrupt;
    }
    if (header.schema != schema_of(cache.type())) {
        return DumpRefusal::other_schema;
    }
    const std::uint64_t rest = bytes.size() - sizeof(Header);
    if (rest < sizeof(std::uint64_t) || rest - sizeof(std::uint64_t) < header.record_bytes) {
        return DumpRefusal::cut_short;
    }
    const Bytes records = bytes.subspan(sizeof(Header), header.record_bytes);
    std::uint64_t documents = 0;
    const auto count = [&](const RecordHead&, Bytes) { ++documents; };
    if (rest - sizeof(std::uint64_t) != header.record_bytes ||
        XXH3_64bits(records.data(), records.size()) != value_at<std::uint64_t>(bytes.last(sizeof(std::uint64_t))) ||
        !for_each_record(records, count) || documents != header.documents) {
        return DumpRefusal::corrupt;
    }
    try {
        cache.reserve(documents);
        for_each_record(records, [&](const RecordHead& head, Bytes record) {
            cache.restore(record, head.document_hash, {static_cast<bson::ChangeTime::Kind>(head.kind), head.version});
        });
    } catch (const MalformedRecord&) {
        cache.clear();
        return DumpRefusal::other_schema;
    }
    DumpState state{.position = {},
                    .complete_until = time_of(header.complete_until_us),
                    .last_full_at = time_of(header.last_full_at_us),
                    .kept_aside = header.kept_aside};
    if (header.has_timestamp != 0) {
        state.position.timestamp = bson::unpacked(header.timestamp);
    }
    if (header.has_date != 0) {
        state.position.date_ms = header.date_ms;
    }
    return state;
}

}  // namespace twinfleet::incremental_cache

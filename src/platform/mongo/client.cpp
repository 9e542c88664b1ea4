#include "platform/mongo/client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <utility>

#include <mongoc/mongoc.h>

#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/mongo/batch_sizer.hpp"

namespace twinfleet::mongo {
namespace {

using bson::Builder;
using bson::Bytes;
using bson::Document;
using bson::View;
using platform::StoreRefused;
using platform::StoreUnavailable;

constexpr const char* store_name = "MongoDB";

template <auto function>
struct Deleter {
    template <typename Handle>
    void operator()(Handle* handle) const noexcept {
        function(handle);
    }
};

using UriHandle = std::unique_ptr<mongoc_uri_t, Deleter<mongoc_uri_destroy>>;
using PoolHandle = std::unique_ptr<mongoc_client_pool_t, Deleter<mongoc_client_pool_destroy>>;
using CollectionHandle = std::unique_ptr<mongoc_collection_t, Deleter<mongoc_collection_destroy>>;
using CursorHandle = std::unique_ptr<mongoc_cursor_t, Deleter<mongoc_cursor_destroy>>;
using BulkHandle = std::unique_ptr<mongoc_bulk_operation_t, Deleter<mongoc_bulk_operation_destroy>>;

/// libmongoc tells nobody how many clients of a pool there are. It makes one when all that it has are in use, and keeps
/// it: there are as many as were ever in use at once.
class ClientCount {
public:
    void taken() {
        usage_.with([](Pool::Usage& usage) { usage.open = std::max(usage.open, ++usage.in_use); });
    }
    void given_back() {
        usage_.with([](Pool::Usage& usage) { --usage.in_use; });
    }
    [[nodiscard]] Pool::Usage now() const {
        return usage_.with([](const Pool::Usage& usage) { return usage; });
    }

private:
    platform::Guarded<Pool::Usage> usage_;
};

struct ReturnToPool {
    mongoc_client_pool_t* pool;
    ClientCount* count;
    void operator()(mongoc_client_t* client) const noexcept {
        count->given_back();
        mongoc_client_pool_push(pool, client);
    }
};
using ClientHandle = std::unique_ptr<mongoc_client_t, ReturnToPool>;

/// Starts libmongoc once in a process. Every pool asks for it first, so it outlives static pools, too.
class Library {
public:
    static void require() { static const Library library; }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

private:
    Library() {
        // It would print to stderr, and parts of documents with it. What matters arrives as an error of the call.
        mongoc_log_set_handler([](mongoc_log_level_t, const char*, const char*, void*) {}, nullptr);
        mongoc_init();
    }
    ~Library() { mongoc_cleanup(); }
};

/// A View as libmongoc takes it, without a copy.
class BorrowedBson {
public:
    explicit BorrowedBson(View view) {
        if (!bson_init_static(&bson_, view.bytes().data(), view.size_bytes())) {
            throw bson::Malformed("malformed BSON: libbson refuses the document");
        }
    }
    BorrowedBson(const BorrowedBson&) = delete;
    BorrowedBson& operator=(const BorrowedBson&) = delete;
    operator const bson_t*() const noexcept { return &bson_; }  // NOLINT(google-explicit-constructor)

private:
    bson_t bson_;
};

/// Where libmongoc puts an answer.
class Reply {
public:
    Reply() noexcept { bson_init(&bson_); }
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply() { bson_destroy(&bson_); }
    [[nodiscard]] bson_t* out() noexcept { return &bson_; }
    [[nodiscard]] View view() const { return View(Bytes(bson_get_data(&bson_), bson_.len)); }

private:
    bson_t bson_;
};

/// Codes of a server that is going down, is no longer the primary, has lost its connections or the cursor: the
/// retryable ones of github.com/mongodb/specifications/blob/master/source/retryable-writes, and CursorNotFound. Asking
/// again later may help, so for the caller they are what a dropped connection is.
bool means_unavailable(int server_code) {
    constexpr std::array<int, 14> codes{
        6,      // HostUnreachable
        7,      // HostNotFound
        43,     // CursorNotFound
        89,     // NetworkTimeout
        91,     // ShutdownInProgress
        134,    // ReadConcernMajorityNotAvailableYet
        189,    // PrimarySteppedDown
        262,    // ExceededTimeLimit
        9001,   // SocketException
        10107,  // NotWritablePrimary
        11600,  // InterruptedAtShutdown
        11602,  // InterruptedDueToReplStateChange
        13435,  // NotPrimaryNoSecondaryOk
        13436,  // NotPrimaryOrSecondary
    };
    return std::ranges::find(codes, server_code) != codes.end();
}

bool means_unavailable(const bson_error_t& error) {
    switch (error.domain) {
        case MONGOC_ERROR_STREAM:
        case MONGOC_ERROR_SERVER_SELECTION:
            return true;
        case MONGOC_ERROR_CLIENT:
            return error.code == MONGOC_ERROR_CLIENT_NOT_READY;
        case MONGOC_ERROR_SERVER:
        case MONGOC_ERROR_WRITE_CONCERN:
            return means_unavailable(static_cast<int>(error.code));
        default:
            return false;
    }
}

/// The server quotes keys and documents ("... dup key: { phone: "+7..." }"); what it quotes is left out.
std::string without_data(std::string_view message) {
    constexpr std::string_view duplicate_key = " dup key:";
    return std::string(message.substr(0, std::min(message.find(duplicate_key), message.find_first_of("{\""))));
}

[[noreturn]] void raise(const bson_error_t& error) {
    if (means_unavailable(error)) {
        throw StoreUnavailable(store_name, error.message);
    }
    const auto said_by_server = error.domain == MONGOC_ERROR_SERVER || error.domain == MONGOC_ERROR_WRITE_CONCERN;
    throw StoreRefused(store_name, static_cast<int>(error.code),
                       said_by_server ? without_data(error.message) : std::string(error.message));
}

std::int32_t milliseconds(std::chrono::milliseconds duration) {
    constexpr auto longest = std::chrono::milliseconds(std::numeric_limits<std::int32_t>::max());
    return static_cast<std::int32_t>(std::clamp(duration, std::chrono::milliseconds(1), longest).count());
}

UriHandle parse_uri(const Settings& settings) {
    bson_error_t error{};
    UriHandle uri(mongoc_uri_new_with_error(settings.uri.c_str(), &error));
    if (uri == nullptr) {
        throw std::invalid_argument(
            "the MongoDB URI cannot be parsed: expected "
            "mongodb://[user:password@]host[:port][,...]/[database][?options], "
            "special characters in user and password percent-encoded");
    }
    const auto set_integer = [&](const char* option, std::int32_t value) {
        if (!mongoc_uri_has_option(uri.get(), option)) {
            mongoc_uri_set_option_as_int32(uri.get(), option, value);
        }
    };
    const auto set_boolean = [&](const char* option, bool value) {
        if (!mongoc_uri_has_option(uri.get(), option)) {
            mongoc_uri_set_option_as_bool(uri.get(), option, value);
        }
    };
    set_integer(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, milliseconds(settings.server_selection_timeout));
    set_integer(MONGOC_URI_CONNECTTIMEOUTMS, milliseconds(settings.connect_timeout));
    set_integer(MONGOC_URI_SOCKETTIMEOUTMS, milliseconds(settings.socket_timeout));
    set_integer(MONGOC_URI_WAITQUEUETIMEOUTMS, milliseconds(settings.connection_wait_timeout));
    set_integer(MONGOC_URI_MAXPOOLSIZE, static_cast<std::int32_t>(std::max(settings.connections_max, 1U)));
    set_boolean(MONGOC_URI_SERVERSELECTIONTRYONCE, false);
    // Retryable writes need a replica set; and who retries is the caller, who knows what may be repeated.
    set_boolean(MONGOC_URI_RETRYWRITES, false);
    set_boolean(MONGOC_URI_RETRYREADS, false);
    if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_APPNAME)) {
        mongoc_uri_set_appname(uri.get(), settings.application_name.c_str());
    }
    return uri;
}

}  // namespace

struct Pool::State {
    PoolHandle pool;
    std::size_t connections_max = 0;
    /// Servers before 4.4 know `hello` by its old name only; asked once.
    mutable std::atomic<bool> knows_hello{true};
    mutable ClientCount count;

    [[nodiscard]] ClientHandle client() const {
        mongoc_client_t* const client = mongoc_client_pool_pop(pool.get());
        if (client == nullptr) {
            throw StoreUnavailable(store_name, "all connections of the pool stayed in use");
        }
        count.taken();
        return {client, ReturnToPool{pool.get(), &count}};
    }
};

namespace {

/// A collection together with the connection that it is used over.
struct ConnectedCollection {
    ConnectedCollection(const Pool& pool, const std::string& database, const std::string& name)
        : client(pool.state().client()),
          collection(mongoc_client_get_collection(client.get(), database.c_str(), name.c_str())) {}

    ClientHandle client;
    CollectionHandle collection;
};

Document run_command(mongoc_client_t* client, const std::string& database, View command) {
    Reply reply;
    bson_error_t error{};
    if (!mongoc_client_command_simple(client, database.c_str(), BorrowedBson(command), nullptr, reply.out(), &error)) {
        raise(error);
    }
    return Document(reply.view());
}

CursorHandle open_cursor(mongoc_collection_t* collection, View filter, const FindOptions& options, bool single) {
    Builder find;
    if (!options.projection.view().empty()) {
        find.document("projection", options.projection);
    }
    if (!options.sort.view().empty()) {
        find.document("sort", options.sort);
    }
    if (single) {
        find.int64("limit", 1).boolean("singleBatch", true);
    } else if (options.limit > 0) {
        find.int64("limit", options.limit);
    }
    const auto find_options = find.take();
    CursorHandle cursor(
        mongoc_collection_find_with_opts(collection, BorrowedBson(filter), BorrowedBson(find_options), nullptr));
    mongoc_cursor_set_batch_size(cursor.get(), single ? 1 : std::max(options.batch_size, 1U));
    return cursor;
}

std::optional<View> advance(mongoc_cursor_t* cursor) {
    const bson_t* document = nullptr;
    if (mongoc_cursor_next(cursor, &document)) {
        return View(Bytes(bson_get_data(document), document->len));
    }
    bson_error_t error{};
    if (mongoc_cursor_error(cursor, &error)) {
        raise(error);
    }
    return std::nullopt;
}

}  // namespace

struct Cursor::Handle {
    ConnectedCollection over;
    CursorHandle cursor;
    BatchSizer sizer;
    std::uint32_t batch_size;
    bool at_end = false;
};

Cursor::Cursor(std::unique_ptr<Handle> handle) noexcept : handle_(std::move(handle)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

std::optional<View> Cursor::next() {
    if (handle_->at_end) {
        return std::nullopt;
    }
    const auto document = advance(handle_->cursor.get());
    if (!document) {
        handle_->at_end = true;
        return std::nullopt;
    }
    // libmongoc does not tell where an answer ends, but the figure that is set when it asks for more is the one that
    // counts.
    handle_->sizer.add(document->size_bytes());
    const auto batch_size = handle_->sizer.next();
    if (batch_size != handle_->batch_size) {
        handle_->batch_size = batch_size;
        mongoc_cursor_set_batch_size(handle_->cursor.get(), batch_size);
    }
    return document;
}

namespace {

class BulkOptions {
    Document unordered_ = Builder().boolean("ordered", false).take();
    Document unvalidated_ = Builder().boolean("validate", false).take();
    Document unvalidated_upsert_ = Builder().boolean("validate", false).boolean("upsert", true).take();

public:
    BorrowedBson unordered{unordered_};
    BorrowedBson unvalidated{unvalidated_};
    BorrowedBson unvalidated_upsert{unvalidated_upsert_};
};

}  // namespace

/// libmongoc turns every change of kind into another request. As the order does not matter, each kind gets a bulk of
/// its own and at most three requests travel; the places in the caller's order are kept beside them.
struct Bulk::Handle {
    enum Kind : std::size_t { inserts, updates, removals };

    struct Part {
        BulkHandle bulk;
        std::vector<std::size_t> places;
    };

    explicit Handle(ConnectedCollection connected) : over(std::move(connected)) {}

    template <typename Add>
    void add(Kind kind, Add&& add_to) {
        auto& part = parts[kind];
        if (part.bulk == nullptr) {
            part.bulk.reset(
                mongoc_collection_create_bulk_operation_with_opts(over.collection.get(), options.unordered));
        }
        bson_error_t error{};
        if (!add_to(part.bulk.get(), &error)) {
            raise(error);
        }
        part.places.push_back(size++);
    }

    void execute(Kind kind, BulkResult& result) const;

    BulkOptions options;
    ConnectedCollection over;
    std::array<Part, 3> parts;
    std::size_t size = 0;
};

namespace {

std::int64_t integer(View document, std::string_view field) {
    const auto element = document.find(field);
    return element ? element->integer().value_or(0) : 0;
}

std::uint64_t count(View reply, std::string_view field) {
    return static_cast<std::uint64_t>(integer(reply, field));
}

}  // namespace

void Bulk::Handle::execute(Kind kind, BulkResult& result) const {
    const auto& part = parts[kind];
    if (part.bulk == nullptr) {
        return;
    }
    Reply reply;
    bson_error_t error{};
    const auto succeeded = mongoc_bulk_operation_execute(part.bulk.get(), reply.out(), &error) != 0;
    if (!succeeded && means_unavailable(error)) {
        raise(error);
    }
    const auto answer = reply.view();
    if (const auto concern_errors = answer.find("writeConcernErrors");
        concern_errors && !concern_errors->document().empty()) {
        throw StoreUnavailable(store_name, "writes were not acknowledged as widely as the write concern asks");
    }
    result.matched += count(answer, "nMatched");
    result.modified += count(answer, "nModified");
    result.removed += count(answer, "nRemoved");

    const auto errors_before = result.errors.size();
    if (const auto write_errors = answer.find("writeErrors")) {
        for (const auto& element : write_errors->document()) {
            const auto write_error = element.document();
            const auto code = static_cast<int>(integer(write_error, "code"));
            const auto text = write_error.find("errmsg");
            auto message = without_data(text && text->is_string() ? text->string() : std::string_view{});
            if (means_unavailable(code)) {
                throw StoreUnavailable(store_name, message);
            }
            const auto place = part.places.at(static_cast<std::size_t>(integer(write_error, "index")));
            result.errors.push_back({.index = place, .code = code, .message = std::move(message)});
        }
    }
    const auto refused = result.errors.size() - errors_before;
    if (!succeeded && refused == 0) {
        raise(error);
    }
    if (kind == inserts) {
        // Not taken from the answer: the embedded server counts the refused ones, too.
        result.inserted = part.places.size() - refused;
    }
}

Bulk::Bulk(std::unique_ptr<Handle> handle) noexcept : handle_(std::move(handle)) {}
Bulk::Bulk(Bulk&&) noexcept = default;
Bulk& Bulk::operator=(Bulk&&) noexcept = default;
Bulk::~Bulk() = default;

void Bulk::insert(View document) {
    handle_->add(Handle::inserts, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_insert_with_opts(bulk, BorrowedBson(document), handle_->options.unvalidated,
                                                      error);
    });
}

void Bulk::update_one(View filter, View update, bool upsert) {
    handle_->add(Handle::updates, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_update_one_with_opts(
            bulk, BorrowedBson(filter), BorrowedBson(update),
            upsert ? handle_->options.unvalidated_upsert : handle_->options.unvalidated, error);
    });
}

void Bulk::update_many(View filter, View update) {
    handle_->add(Handle::updates, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_update_many_with_opts(bulk, BorrowedBson(filter), BorrowedBson(update),
                                                           handle_->options.unvalidated, error);
    });
}

void Bulk::replace_one(View filter, View document) {
    handle_->add(Handle::updates, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_replace_one_with_opts(bulk, BorrowedBson(filter), BorrowedBson(document),
                                                           handle_->options.unvalidated, error);
    });
}

void Bulk::remove_one(View filter) {
    handle_->add(Handle::removals, [&](mongoc_bulk_operation_t* bulk, bson_error_t* error) {
        return mongoc_bulk_operation_remove_one_with_opts(bulk, BorrowedBson(filter), nullptr, error);
    });
}

std::size_t Bulk::size() const noexcept {
    return handle_->size;
}

BulkResult Bulk::execute() {
    BulkResult result;
    for (const auto kind : {Handle::inserts, Handle::updates, Handle::removals}) {
        handle_->execute(kind, result);
    }
    std::ranges::sort(result.errors, {}, &WriteError::index);
    return result;
}

Cursor Collection::find(View filter, const FindOptions& options) const {
    ConnectedCollection over(*pool_, database_, name_);
    auto cursor = open_cursor(over.collection.get(), filter, options, false);
    return Cursor(std::make_unique<Cursor::Handle>(
        Cursor::Handle{std::move(over), std::move(cursor),
                       BatchSizer(options.batch_size_max, options.batch_bytes_target), options.batch_size}));
}

std::optional<Document> Collection::find_one(View filter, const FindOptions& options) const {
    const ConnectedCollection over(*pool_, database_, name_);
    const auto cursor = open_cursor(over.collection.get(), filter, options, true);
    const auto document = advance(cursor.get());
    return document ? std::optional<Document>(*document) : std::nullopt;
}

Bulk Collection::bulk() const {
    return Bulk(std::make_unique<Bulk::Handle>(ConnectedCollection(*pool_, database_, name_)));
}

std::int64_t Collection::estimated_count() const {
    const ConnectedCollection over(*pool_, database_, name_);
    bson_error_t error{};
    const auto documents =
        mongoc_collection_estimated_document_count(over.collection.get(), nullptr, nullptr, nullptr, &error);
    if (documents < 0) {
        raise(error);
    }
    return documents;
}

namespace {

/// Same fields in the same order with the same directions, whatever numeric types these have.
bool same_index_keys(View left, View right) {
    auto other = right.begin();
    for (const auto& element : left) {
        if (other == std::default_sentinel || element.key != other->key) {
            return false;
        }
        const auto direction = element.integer();
        if (direction ? direction != other->integer() : !element.same_value(*other)) {
            return false;
        }
        ++other;
    }
    return other == std::default_sentinel;
}

}  // namespace

void Collection::create_index(View specification) const {
    constexpr int index_options_conflict = 85;
    constexpr int index_key_specs_conflict = 86;
    const ConnectedCollection over(*pool_, database_, name_);
    const auto command =
        Builder().string("createIndexes", name_).begin_array("indexes").document("0", specification).end().take();
    try {
        run_command(over.client.get(), database_, command);
    } catch (const StoreRefused& refusal) {
        if (refusal.code() != index_options_conflict && refusal.code() != index_key_specs_conflict) {
            throw;
        }
        const auto keys = specification.find("key");
        const CursorHandle indexes(mongoc_collection_find_indexes_with_opts(over.collection.get(), nullptr));
        while (const auto index = advance(indexes.get())) {
            const auto existing_keys = index->find("key");
            if (keys && existing_keys && same_index_keys(keys->document(), existing_keys->document())) {
                return;
            }
        }
        throw;
    }
}

void Collection::drop() const {
    constexpr std::uint32_t namespace_not_found = 26;
    const ConnectedCollection over(*pool_, database_, name_);
    bson_error_t error{};
    if (mongoc_collection_drop(over.collection.get(), &error)) {
        return;
    }
    // Old servers give this text and no code.
    if (error.code != namespace_not_found && std::string_view(error.message) != "ns not found") {
        raise(error);
    }
}

Pool::Pool(const Settings& settings) {
    Library::require();
    const auto uri = parse_uri(settings);
    bson_error_t error{};
    PoolHandle pool(mongoc_client_pool_new_with_error(uri.get(), &error));
    if (pool == nullptr) {
        throw std::invalid_argument(
            "the MongoDB URI cannot be used: its options contradict each other or need a DNS answer");
    }
    // Tells errors of the server from libmongoc's own.
    mongoc_client_pool_set_error_api(pool.get(), MONGOC_ERROR_API_VERSION_2);
    state_ = std::make_unique<State>();
    state_->pool = std::move(pool);
    // As libmongoc reads it, which takes less than one for one.
    state_->connections_max =
        static_cast<std::size_t>(std::max(mongoc_uri_get_option_as_int32(uri.get(), MONGOC_URI_MAXPOOLSIZE, 1), 1));
}

Pool::~Pool() = default;

Collection Pool::collection(std::string database, std::string name) const {
    return {*this, std::move(database), std::move(name)};
}

Document Pool::command(const std::string& database, View command) const {
    return run_command(state_->client().get(), database, command);
}

void Pool::ping() const {
    static_cast<void>(command("admin", Builder().int32("ping", 1).take()));
}

std::int64_t Pool::server_time_ms() const {
    const auto ask = [this](const char* question) {
        const auto answer = command("admin", Builder().int32(question, 1).take());
        const auto local_time = answer.view().find("localTime");
        if (!local_time || local_time->type != bson::Type::date) {
            throw StoreRefused(store_name, 0, std::string("no localTime in the answer to ") + question);
        }
        return local_time->date_ms();
    };
    if (state_->knows_hello) {
        try {
            return ask("hello");
        } catch (const StoreRefused&) {
            state_->knows_hello = false;
        }
    }
    return ask("isMaster");
}

Pool::Usage Pool::usage() const {
    Usage usage = state_->count.now();
    usage.max = state_->connections_max;
    return usage;
}

}  // namespace twinfleet::mongo

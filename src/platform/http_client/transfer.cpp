// The translation unit of the client that sees libcurl.
//
// Each transfer has a multi handle for its one easy handle, and so a connection of its own: waiting for that can be
// ended from another thread (curl_multi_wakeup), which waiting in curl_easy_perform cannot.
#include "platform/http_client/transfer.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <curl/curl.h>

#include "platform/http/field_value.hpp"

namespace twinfleet::http {
namespace {

/// In whole seconds, so a connection that was idle for 3 s is not used again: servers close those after a while, often
/// 5 s, and what is sent at that moment is lost.
constexpr long idle_s_max = 2;
/// Of all headers of an answer.
constexpr std::size_t header_bytes_max = std::size_t{256} << 10;
/// How long libcurl may wait at a time; it wakes up earlier for whatever happens.
constexpr int poll_timeout_ms = 1'000;

/// libcurl must be told once, before it is used by several threads. It is never told the end: other threads may run.
void initialize_libcurl() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_ALL);
    if (code != CURLE_OK) {
        throw std::runtime_error("libcurl cannot be used: " + std::string(curl_easy_strerror(code)));
    }
}

struct Deleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using EasyHandle = std::unique_ptr<CURL, Deleter>;
using MultiHandle = std::unique_ptr<CURLM, MultiDeleter>;
using FieldList = std::unique_ptr<curl_slist, Deleter>;

template <typename Value>
void set(const EasyHandle& handle, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle.get(), option, value);
    if (code == CURLE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (code != CURLE_OK) {
        throw std::runtime_error("libcurl does not know an option: " + std::string(curl_easy_strerror(code)));
    }
}

bool has_field(const Headers& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [name](const auto& field) { return equal_whatever_case(field.first, name); });
}

void append(FieldList& list, const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) {
        throw std::bad_alloc();
    }
    static_cast<void>(list.release());
    list.reset(longer);
}

/// Methods that change nothing (RFC 9110, section 9.2.1).
bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

}  // namespace

struct Transfer::State {
    State(const BaseUrl& base_url, const ClientSettings& chosen) : settings(chosen) {
        initialize_libcurl();
        multi.reset(curl_multi_init());
        easy.reset(curl_easy_init());
        if (multi == nullptr || easy == nullptr) {
            throw std::bad_alloc();
        }
        curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 1L);

        set(easy, CURLOPT_URL, base_url.origin.c_str());
        set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(easy, CURLOPT_FOLLOWLOCATION, 0L);
        set(easy, CURLOPT_PROXY, "");
        set(easy, CURLOPT_NOSIGNAL, 1L);
        set(easy, CURLOPT_NOPROGRESS, 1L);
        // Whoever gives up does not wait for a look-up of a name that hangs.
        set(easy, CURLOPT_QUICK_EXIT, 1L);
        set(easy, CURLOPT_MAXAGE_CONN, idle_s_max);
        // Each new connection looks the name up: a service that has moved would else be missed once by every kept one.
        set(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
        set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
        set(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(settings.answer_bytes_max));
        set(easy, CURLOPT_ERRORBUFFER, error_text.data());
        set(easy, CURLOPT_WRITEFUNCTION, &State::take_body);
        set(easy, CURLOPT_WRITEDATA, this);
        set(easy, CURLOPT_HEADERFUNCTION, &State::take_header);
        set(easy, CURLOPT_HEADERDATA, this);
        set(easy, CURLOPT_PREREQFUNCTION, &State::before_sending);
        set(easy, CURLOPT_PREREQDATA, this);
        if (base_url.is_encrypted) {
            set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
            set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
            set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
            // Each new connection reads the authorities and checks the certificate: one that is no longer trusted would
            // else be for a day, and a new one be refused.
            set(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
            set(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
            if (!settings.ca_file.empty()) {
                set(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
                // Else the authorities that the system trusts are trusted as well.
                set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
            }
        }
    }

    [[nodiscard]] FieldList fields_of(const Request& request) const {
        FieldList list;
        // What libcurl would add by itself.
        append(list, "Expect:");
        append(list, "Accept:");
        if (!settings.bearer_token.empty() && !has_field(request.headers, "Authorization")) {
            append(list, "Authorization: Bearer " + settings.bearer_token);
        }
        if (!has_field(request.headers, "Content-Type")) {
            append(list, request.body.empty() ? "Content-Type:" : "Content-Type: application/json");
        }
        for (const auto& [name, value] : request.headers) {
            // Without a value and with a colon, libcurl takes it for one to leave out.
            append(list, value.empty() ? name + ';' : std::string(name).append(": ").append(value));
        }
        return list;
    }

    void set_request(const Request& request, const FieldList& fields, std::chrono::milliseconds timeout) {
        const bool announces_body =
            !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
        // It also takes back what the last request was.
        set(easy, CURLOPT_HTTPGET, 1L);
        if (request.method == "HEAD") {
            set(easy, CURLOPT_NOBODY, 1L);
        } else if (announces_body) {
            set(easy, CURLOPT_POST, 1L);
            set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
            // Not copied.
            set(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
        }
        set(easy, CURLOPT_CUSTOMREQUEST, std::string(request.method).c_str());
        set(easy, CURLOPT_REQUEST_TARGET, request.target.c_str());
        set(easy, CURLOPT_HTTPHEADER, fields.get());
        set(easy, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(timeout.count())));
    }

    /// CURLE_ABORTED_BY_CALLBACK when stopped.
    CURLcode run(const std::stop_token& stop) {
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
        int running = 1;
        while (!stop.stop_requested()) {
            if (curl_multi_perform(multi.get(), &running) != CURLM_OK) {
                return CURLE_FAILED_INIT;
            }
            if (running == 0) {
                int left = 0;
                const CURLMsg* const message = curl_multi_info_read(multi.get(), &left);
                return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
            }
            if (curl_multi_poll(multi.get(), nullptr, 0, poll_timeout_ms, nullptr) != CURLM_OK) {
                return CURLE_FAILED_INIT;
            }
        }
        return CURLE_ABORTED_BY_CALLBACK;
    }

    [[nodiscard]] std::string reason_of(CURLcode code) const {
        curl_off_t sending_began_us = 0;
        curl_easy_getinfo(easy.get(), CURLINFO_PRETRANSFER_TIME_T, &sending_began_us);
        long system_error = 0;
        curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &system_error);
        switch (code) {
            case CURLE_OPERATION_TIMEDOUT:
                return sending_began_us == 0 ? "no connection in time" : "no answer in time";
            case CURLE_COULDNT_RESOLVE_HOST:
                return "the name of its host cannot be looked up";
            case CURLE_COULDNT_CONNECT:
                return system_error == 0 ? "no connection"
                                         : std::generic_category().message(static_cast<int>(system_error));
            case CURLE_FILESIZE_EXCEEDED:
                return answer_too_large();
            case CURLE_WRITE_ERROR:
                return is_header_too_large ? "the header of its answer is too large" : answer_too_large();
            case CURLE_PARTIAL_FILE:
                return "the connection broke off in the middle of the answer";
            case CURLE_UNSUPPORTED_PROTOCOL:
            case CURLE_WEIRD_SERVER_REPLY:
                return "its answer is no HTTP/1.1";
            case CURLE_GOT_NOTHING:
            case CURLE_SEND_ERROR:
            case CURLE_RECV_ERROR:
            // Ended by before_sending().
            case CURLE_ABORTED_BY_CALLBACK:
                return "the connection broke off";
            case CURLE_PEER_FAILED_VERIFICATION:
            case CURLE_SSL_CACERT_BADFILE:
            case CURLE_SSL_CONNECT_ERROR:
                // It names certificates and the host of the URL, which is not secret.
                return std::string("TLS: ") + (error_text[0] == '\0' ? curl_easy_strerror(code) : error_text.data());
            default:
                return curl_easy_strerror(code);
        }
    }

    [[nodiscard]] std::string answer_too_large() const {
        return "its answer has more than " + std::to_string(settings.answer_bytes_max) + " bytes";
    }

    // What libcurl calls. Exceptions must not pass through it.

    static std::size_t take_header(const char* data, std::size_t size, std::size_t count, void* self) {
        auto& state = *static_cast<State*>(self);
        const std::string_view line(data, size * count);
        try {
            state.header_bytes += line.size();
            if (state.header_bytes > header_bytes_max) {
                state.is_header_too_large = true;
                return 0;
            }
            if (line.starts_with("HTTP/")) {
                // The header of the answer begins, behind those of interim answers (RFC 9110, section 15.2).
                state.response.headers.clear();
                state.response.content_type.clear();
                return line.size();
            }
            const auto colon = line.find(':');
            if (colon != std::string_view::npos) {
                std::string_view rest = line.substr(colon + 1);
                rest = rest.substr(0, rest.find_last_not_of("\r\n") + 1);
                const auto& [name, value] =
                    state.response.headers.emplace_back(line.substr(0, colon), without_outer_blanks(rest));
                if (equal_whatever_case(name, "Content-Type")) {
                    state.response.content_type = value;
                }
            }
            return line.size();
        } catch (const std::exception&) {
            return 0;
        }
    }

    static std::size_t take_body(const char* data, std::size_t size, std::size_t count, void* self) {
        auto& state = *static_cast<State*>(self);
        const std::size_t bytes = size * count;
        std::string& body = state.response.body;
        try {
            if (bytes > state.settings.answer_bytes_max - body.size()) {
                return 0;
            }
            if (body.empty()) {
                curl_off_t announced = 0;
                curl_easy_getinfo(state.easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
                // libcurl has compared it with the limit.
                body.reserve(static_cast<std::size_t>(std::max<curl_off_t>(announced, 0)));
            }
            body.append(data, bytes);
            return bytes;
        } catch (const std::exception&) {
            return 0;
        }
    }

    /// libcurl sends a request again by itself, whatever its method, when a kept connection ends without an answer to
    /// it; here only one that changes nothing is, and once.
    static int before_sending(void* self, char*, char*, int, int) {
        auto& state = *static_cast<State*>(self);
        ++state.times_sent;
        return state.times_sent <= (state.may_repeat ? 2 : 1) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
    }

    // Constant after construction.
    const ClientSettings& settings;
    MultiHandle multi;
    EasyHandle easy;

    // Of the request under way.
    std::array<char, CURL_ERROR_SIZE> error_text{};
    Response response;
    std::size_t header_bytes = 0;
    bool is_header_too_large = false;
    bool may_repeat = false;
    int times_sent = 0;
};

Transfer::Transfer(const BaseUrl& base_url, const ClientSettings& settings)
    : state_(std::make_unique<State>(base_url, settings)) {}

Transfer::~Transfer() = default;

Transfer::Outcome Transfer::perform(const Request& request, std::chrono::milliseconds timeout,
                                    const std::stop_token& stop) {
    State& state = *state_;
    state.error_text[0] = '\0';
    state.response = {.content_type = "", .body = {}};
    state.header_bytes = 0;
    state.is_header_too_large = false;
    state.may_repeat = is_safe(request.method);
    state.times_sent = 0;
    const FieldList fields = state.fields_of(request);
    state.set_request(request, fields, timeout);

    if (curl_multi_add_handle(state.multi.get(), state.easy.get()) != CURLM_OK) {
        throw std::runtime_error("libcurl does not take a request");
    }
    const CURLcode code = state.run(stop);
    // Of a request that is not finished it ends the connection.
    curl_multi_remove_handle(state.multi.get(), state.easy.get());
    if (code == CURLE_ABORTED_BY_CALLBACK && stop.stop_requested()) {
        return {.kind = Outcome::Kind::stopped};
    }
    if (code != CURLE_OK) {
        return {.kind = Outcome::Kind::failed, .reason = state.reason_of(code)};
    }
    long status = 0;
    curl_easy_getinfo(state.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    state.response.status = static_cast<int>(status);
    return {.kind = Outcome::Kind::answered, .response = std::move(state.response)};
}

}  // namespace twinfleet::http

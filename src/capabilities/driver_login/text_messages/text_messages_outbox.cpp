#include "capabilities/driver_login/text_messages/text_messages_outbox.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/json/object.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/clock/time_text.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::driver_login {
namespace {

class File {
public:
    /// Opened anew for each message, so that a file which a person moved away or emptied is no problem.
    explicit File(const std::filesystem::path& path)
        : descriptor_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,  // NOLINT(*-vararg)
                             S_IRUSR | S_IWUSR)) {
        if (descriptor_ < 0) {
            throw std::system_error(errno, std::generic_category(), "cannot open the outbox " + path.string());
        }
    }
    ~File() { ::close(descriptor_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    void append(std::string_view text) const {
        // O_APPEND keeps writes of one call apart; the lock keeps them so should one take several calls.
        check(::flock(descriptor_, LOCK_EX));
        while (!text.empty()) {
            const auto written = ::write(descriptor_, text.data(), text.size());
            if (written < 0 && errno == EINTR) {
                continue;
            }
            check(static_cast<int>(written < 0 ? -1 : 0));
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    }

private:
    static void check(int result) {
        if (result < 0) {
            throw std::system_error(errno, std::generic_category(), "cannot write to the outbox");
        }
    }

    int descriptor_;
};

}  // namespace

OutboxTextMessages::OutboxTextMessages(std::filesystem::path file, const platform::Clock& clock, log::Logger& log)
    : file_(std::move(file)), clock_(clock), log_(log) {
    const File opened(file_);
}

SendOutcome OutboxTextMessages::send(const TextMessage& message, const std::stop_token& /*stop*/) {
    const std::string line =
        json::to_text(boost::json::object{
            {"phone", message.phone}, {"text", message.text}, {"at", platform::time_text(clock_.now())}}) +
        '\n';
    try {
        File(file_).append(line);
    } catch (const std::system_error& error) {
        log_.error("a text message could not be written to the outbox", {{"reason", error.what()}});
        return SendOutcome::failed;
    }
    return SendOutcome::sent;
}

}  // namespace twinfleet::driver_login

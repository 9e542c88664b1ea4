#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

// The SHA-1 of Boost 1.81: libsodium has none, as it is no good for anything but the names of scripts.
#include <boost/uuid/detail/sha1.hpp>

#include "platform/redis/client.hpp"

namespace twinfleet::redis {
namespace {

std::string sha1_of(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    boost::uuids::detail::sha1 hash;
    hash.process_bytes(text.data(), text.size());
    boost::uuids::detail::sha1::digest_type words{};
    hash.get_digest(words);
    std::string hex;
    for (const auto word : words) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            hex += digits[(word >> static_cast<unsigned>(shift)) & 0xfU];
        }
    }
    return hex;
}

}  // namespace

Script::Script(std::string source) : source_(std::move(source)), sha1_(sha1_of(source_)) {}

Command::Command(std::initializer_list<std::string_view> parts) : parts_(parts.begin(), parts.end()) {
    if (parts_.empty()) {
        throw std::invalid_argument("a command has a name");
    }
}

Command::Command(const Script& script, std::span<const std::string> keys, std::span<const std::string> arguments)
    : script_(&script) {
    parts_.reserve(3 + keys.size() + arguments.size());
    parts_.emplace_back("EVALSHA");
    parts_.push_back(script.sha1());
    parts_.push_back(std::to_string(keys.size()));
    parts_.insert(parts_.end(), keys.begin(), keys.end());
    parts_.insert(parts_.end(), arguments.begin(), arguments.end());
}

Command Command::calling(const Script& script, std::vector<std::string> keys, std::vector<std::string> arguments) {
    Command command(script);
    auto& parts = command.parts_;
    parts.reserve(3 + keys.size() + arguments.size());
    parts.emplace_back("EVALSHA");
    parts.push_back(script.sha1());
    parts.push_back(std::to_string(keys.size()));
    std::ranges::move(keys, std::back_inserter(parts));
    std::ranges::move(arguments, std::back_inserter(parts));
    return command;
}

Command& Command::add(std::string_view part) {
    parts_.emplace_back(part);
    return *this;
}

Command& Command::add(std::int64_t number) {
    parts_.push_back(std::to_string(number));
    return *this;
}

}  // namespace twinfleet::redis

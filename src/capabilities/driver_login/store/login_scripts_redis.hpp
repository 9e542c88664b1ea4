#pragma once

#include "platform/redis/client.hpp"

/// What RedisLoginStore does in one step within Redis. Times and durations are in ms, times since 1970. The keys are
/// described at RedisLoginStore, whose tests are those of the scripts.
namespace twinfleet::driver_login::scripts {

/// KEYS: lists of times, the newest first. ARGV: now, window, and for each key how many times are allowed in a window.
/// Adds now to all, unless one is full. How long until none is full: 0 means that it was added.
extern const redis::Script count;

/// The same, but adds nothing.
extern const redis::Script wait;

/// KEYS: login_codes, login_sent, login_failures. ARGV: now, login key, code digest, family, device key, 1 if it is
/// known or else 0, sealed phone, code TTL, resend after, codes of a device per hour and per day, of strangers per hour
/// and per day, failures of strangers, failures of a known device. The name of a CodeAdded::Outcome and how long to
/// wait.
extern const redis::Script add_code;

/// KEYS: login_sent. ARGV: device key, 1 if it is known or else 0, when the code was added.
extern const redis::Script give_back;

/// KEYS: login_codes, login_failures, login_devices. ARGV: now, login key, code digest, family, 1 if the device is
/// known or else 0, attempts, failures of strangers, failures of a known device, failures pause, token key, token TTL,
/// key of the device's token (or empty), key of its address, device TTL, how many devices and how many addresses a
/// phone knows. The name of a GuessOutcome; how long to wait; the sealed phone; the key of the token that is replaced.
extern const redis::Script guess;

/// KEYS: login_codes. ARGV: family, or nothing for all. The keys of the tokens that end with the logins.
extern const redis::Script end_logins;

/// KEYS: login_token. ARGV: now. 1 if the token was good.
extern const redis::Script take_token;

}  // namespace twinfleet::driver_login::scripts

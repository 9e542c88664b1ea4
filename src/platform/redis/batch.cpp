#include "platform/redis/batch.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "platform/redis/errors.hpp"

namespace twinfleet::redis {
namespace {

/// One round trip of a batch: all of its commands, or those whose script has to be loaded before.
struct Round {
    Batch& batch;
    /// The places of the commands in the batch.
    std::vector<std::size_t> places = {};
    std::vector<const Script*> scripts = {};
    std::string wire = {};
    std::size_t answers_expected = 0;

    void write() {
        for (const Script* script : scripts) {
            append_to_wire(wire, {"SCRIPT", "LOAD", script->source()});
        }
        for (const auto place : places) {
            if (batch.is_asking) {
                append_to_wire(wire, {"ASKING"});
            }
            append_to_wire(wire, batch.commands[place]->parts());
        }
        answers_expected = scripts.size() + places.size() * (batch.is_asking ? 2 : 1);
        if (batch.replica_wait) {
            append_to_wire(wire, {"WAIT", std::to_string(batch.replica_wait->replicas),
                                  std::to_string(batch.replica_wait->timeout.count())});
            ++answers_expected;
        }
    }

    /// Puts the answers where they belong. Throws what SCRIPT LOAD is refused with.
    void read(std::vector<Answer>&& answers) {
        auto next = answers.begin();
        for (std::size_t i = 0; i < scripts.size(); ++i, ++next) {
            if (const auto* error = std::get_if<ErrorReply>(&*next)) {
                throw_store_error("SCRIPT LOAD", error->text);
            }
        }
        for (const auto place : places) {
            next += batch.is_asking ? 1 : 0;
            batch.answers[place] = std::move(*next++);
        }
        if (batch.replica_wait) {
            // A server that does not know the command has told no replica.
            const auto* reply = std::get_if<Reply>(&*next);
            batch.replicas = reply == nullptr ? 0 : static_cast<std::size_t>(reply->integer());
        }
    }
};

void send_rounds(std::vector<Round>& rounds, Deadline deadline) {
    std::vector<Exchange> exchanges;
    exchanges.reserve(rounds.size());
    for (Round& round : rounds) {
        round.write();
        exchanges.push_back({.connection = &round.batch.lease.connection(deadline),
                             .wire = round.wire,
                             .answers_expected = round.answers_expected});
    }
    run(exchanges, deadline);
    for (std::size_t i = 0; i < rounds.size(); ++i) {
        if (exchanges[i].failure) {
            rounds[i].batch.failure = exchanges[i].failure;
            continue;
        }
        try {
            rounds[i].read(std::move(exchanges[i].answers));
        } catch (const std::runtime_error&) {
            rounds[i].batch.failure = std::current_exception();
        }
    }
}

/// The commands whose script their server does not know, and these scripts.
std::vector<Round> rounds_with_unknown_scripts(std::span<Batch> batches) {
    std::vector<Round> rounds;
    for (Batch& batch : batches) {
        if (batch.failure) {
            continue;
        }
        Round round{.batch = batch};
        for (std::size_t place = 0; place < batch.commands.size(); ++place) {
            const auto* error = std::get_if<ErrorReply>(&batch.answers[place]);
            const Script* const script = batch.commands[place]->script();
            if (error == nullptr || script == nullptr || !means_unknown_script(error->text)) {
                continue;
            }
            round.places.push_back(place);
            const auto is_same = [script](const Script* other) { return other->sha1() == script->sha1(); };
            if (std::ranges::none_of(round.scripts, is_same)) {
                round.scripts.push_back(script);
            }
        }
        if (!round.places.empty()) {
            rounds.push_back(std::move(round));
        }
    }
    return rounds;
}

/// A connection to what may be the wrong server is not used again: the next one may lead to another.
bool is_any_of_another_server(const std::vector<Answer>& answers) {
    return std::ranges::any_of(answers, [](const Answer& answer) {
        const auto* error = std::get_if<ErrorReply>(&answer);
        return error != nullptr && means_another_server(error->text);
    });
}

}  // namespace

void run(std::span<Batch> batches, Deadline deadline) {
    std::vector<Round> rounds;
    rounds.reserve(batches.size());
    for (Batch& batch : batches) {
        batch.answers.resize(batch.commands.size());
        batch.lease.begin_use();
        Round round{.batch = batch};
        for (std::size_t place = 0; place < batch.commands.size(); ++place) {
            round.places.push_back(place);
        }
        rounds.push_back(std::move(round));
    }
    send_rounds(rounds, deadline);
    if (auto again = rounds_with_unknown_scripts(batches); !again.empty()) {
        send_rounds(again, deadline);
    }
    for (Batch& batch : batches) {
        if (!batch.failure && !is_any_of_another_server(batch.answers)) {
            batch.lease.keep();
        }
    }
}

}  // namespace twinfleet::redis

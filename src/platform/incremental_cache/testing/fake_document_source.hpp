#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/incremental_cache/document_source.hpp"

namespace twinfleet::incremental_cache::testing {

/// A collection in memory. Like a server's, a read takes its time, and others may change the collection meanwhile:
/// `between_documents` is called in the middle of a read of everything, whose rest then shows the change; the other two
/// actions are called when documents have been read and not been taken yet, so that they come as they were before.
class FakeDocumentSource final : public DocumentSource {
public:
    /// `key` tells documents apart; that of a good document is its `_id`.
    void put(const std::string& key, bson::Document document) {
        const std::lock_guard lock(mutex_);
        documents_.insert_or_assign(key, std::move(document));
    }
    void remove(const std::string& key) {
        const std::lock_guard lock(mutex_);
        documents_.erase(key);
    }
    void set_away(bool is_away) {
        const std::lock_guard lock(mutex_);
        is_away_ = is_away;
    }
    void set_server_time_ms(std::int64_t time_ms) {
        const std::lock_guard lock(mutex_);
        server_time_ms_ = time_ms;
    }
    /// From now on passes read a copy of the collection as it is now, which says that it is so far behind; nullopt: the
    /// collection itself.
    void let_a_copy_fall_behind(std::optional<std::chrono::milliseconds> behind) {
        const std::lock_guard lock(mutex_);
        follower_ = documents_;
        follower_is_behind_ = behind;
    }
    void between_documents(std::function<void()> action) { between_documents_ = std::move(action); }
    /// Once, by the next call of changed_since().
    void while_changes_are_on_the_way(std::function<void()> action) { changes_on_the_way_ = std::move(action); }
    /// By every call of by_ids() but those that the action makes; empty: by none.
    void while_ids_are_on_the_way(std::function<void()> action) { ids_on_the_way_ = std::move(action); }

    [[nodiscard]] Copy choose_copy() override {
        const std::lock_guard lock(mutex_);
        return follower_is_behind_ ? Copy{.server = 1, .behind = *follower_is_behind_} : Copy();
    }
    void changed_since(const bson::ChangePosition& from, const Copy& copy, const Take& take) override {
        const auto is_changed = [&](const bson::Document& document) {
            // By hand, not by what the updater compares with: a mistake there should show here.
            const auto updated = document.view().find("updated_ts");
            if (updated && updated->type == bson::Type::timestamp) {
                return !from.timestamp || !(updated->timestamp() < *from.timestamp);
            }
            if (updated && updated->type == bson::Type::date) {
                return !from.date_ms || updated->date_ms() >= *from.date_ms;
            }
            return false;
        };
        const auto changed = matching(is_changed, copy);
        if (auto action = std::exchange(changes_on_the_way_, nullptr)) {
            action();
        }
        for (const auto& document : changed) {
            documents_read_.fetch_add(1);
            if (!take(document)) {
                return;
            }
        }
    }
    /// By changed_since().
    [[nodiscard]] std::size_t documents_read() const { return documents_read_; }
    void all(const Copy& copy, const Take& take) override {
        for (const auto& [key, first] : documents_of(copy)) {
            if (auto action = std::exchange(between_documents_, nullptr)) {
                action();
            }
            const auto document = copy.server ? std::optional(first) : now(key);
            if (document && !take(*document)) {
                return;
            }
        }
    }
    void by_ids(std::span<const std::string> ids, const Take& take) override {
        for (const std::string& id : ids) {
            const auto document = now(id);
            if (auto action = std::exchange(ids_on_the_way_, nullptr)) {
                action();
                ids_on_the_way_ = std::move(action);
            }
            if (document && !take(*document)) {
                return;
            }
        }
    }
    [[nodiscard]] bson::ChangePosition latest() override {
        bson::ChangePosition latest;
        const std::int64_t now_ms = server_time_ms();
        for (const auto& document : matching([](const bson::Document&) { return true; }, {})) {
            latest.advance(bson::ChangeTime::of(document.view()).not_after(now_ms));
        }
        return latest;
    }
    [[nodiscard]] std::int64_t server_time_ms() override {
        const std::lock_guard lock(mutex_);
        throw_if_away();
        return server_time_ms_;
    }

private:
    void throw_if_away() const {
        if (is_away_) {
            throw platform::StoreUnavailable("MongoDB", "the fake is away");
        }
    }
    std::optional<bson::Document> now(const std::string& key) {
        const std::lock_guard lock(mutex_);
        throw_if_away();
        const auto found = documents_.find(key);
        return found == documents_.end() ? std::nullopt : std::optional(found->second);
    }
    std::map<std::string, bson::Document> documents_of(const Copy& copy) {
        const std::lock_guard lock(mutex_);
        throw_if_away();
        return copy.server ? follower_ : documents_;
    }
    template <typename Matches>
    std::vector<bson::Document> matching(Matches&& matches, const Copy& copy) {
        std::vector<bson::Document> found;
        for (auto& [key, document] : documents_of(copy)) {
            if (matches(document)) {
                found.push_back(document);
            }
        }
        return found;
    }

    std::atomic<std::size_t> documents_read_ = 0;
    std::mutex mutex_;
    std::map<std::string, bson::Document> documents_;
    /// The other copy, if there is one.
    std::map<std::string, bson::Document> follower_;
    std::optional<std::chrono::milliseconds> follower_is_behind_;
    bool is_away_ = false;
    std::int64_t server_time_ms_ = 1'000'000'000;
    std::function<void()> between_documents_;
    std::function<void()> changes_on_the_way_;
    std::function<void()> ids_on_the_way_;
};

}  // namespace twinfleet::incremental_cache::testing

#include "platform/config/document.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "platform/config/text.hpp"

namespace twinfleet::config::detail {

namespace {

std::size_t line_of(const YAML::Mark& mark) {
    return mark.is_null() ? 0 : static_cast<std::size_t>(mark.line) + 1;
}

[[noreturn]] void refuse_file(const std::string& file_name, std::size_t line, std::string message) {
    throw Error({Problem{file_name, line, "", std::move(message)}});
}

class TreeBuilder final : public YAML::EventHandler {
public:
    explicit TreeBuilder(const std::string& file_name) : file_name_(file_name) {}

    Document take() && {
        if (!root_) {
            root_ = std::make_shared<Node>();
        }
        return {std::move(root_), std::move(problems_)};
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            refuse_file(file_name_, line_of(mark), "expected one YAML document, found a second");
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add_leaf(Node::Kind::null, mark, anchor, "");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        if (tag == "?" || tag.empty()) {
            add_leaf(Node::Kind::plain, mark, anchor, value);
        } else if (tag == "!" || tag == "tag:yaml.org,2002:str") {
            add_leaf(Node::Kind::quoted, mark, anchor, value);
        } else {
            refuse_tag(mark);
        }
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end()) {
            refuse_file(file_name_, line_of(mark), "expected a value, found an alias of what it stands in");
        }
        add(known->second, line_of(mark));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        if (tag != "?" && !tag.empty() && tag != "tag:yaml.org,2002:seq") {
            refuse_tag(mark);
        }
        open(Node::Kind::list, mark, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        if (tag != "?" && !tag.empty() && tag != "tag:yaml.org,2002:map") {
            refuse_tag(mark);
        }
        open(Node::Kind::map, mark, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    /// A list or map that has not ended yet.
    struct Open {
        std::shared_ptr<Node> node;
        YAML::anchor_t anchor;
        std::string path;
        /// The key whose value comes next, of a map.
        std::optional<Node::Entry> key;
        std::unordered_set<std::string> keys_seen;
    };

    [[noreturn]] void refuse_tag(const YAML::Mark& mark) const {
        refuse_file(file_name_, line_of(mark), "expected a value without a YAML tag, found one with");
    }

    std::string path_of_next() const {
        if (open_.empty()) {
            return "";
        }
        const Open& parent = open_.back();
        if (parent.node->kind == Node::Kind::list) {
            return item_path(parent.path, parent.node->items.size());
        }
        return parent.key ? child_path(parent.path, parent.key->key) : parent.path;
    }

    void add_leaf(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
        auto node = std::make_shared<Node>();
        node->kind = kind;
        node->line = line_of(mark);
        node->text = text;
        if (anchor != YAML::NullAnchor) {
            anchors_[anchor] = node;
        }
        add(node, node->line);
    }

    void open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
        auto node = std::make_shared<Node>();
        node->kind = kind;
        node->line = line_of(mark);
        open_.push_back({std::move(node), anchor, path_of_next(), std::nullopt, {}});
    }

    void close() {
        Open ended = std::move(open_.back());
        open_.pop_back();
        if (ended.anchor != YAML::NullAnchor) {
            anchors_[ended.anchor] = ended.node;
        }
        const std::size_t line = ended.node->line;
        add(std::move(ended.node), line);
    }

    void add(std::shared_ptr<const Node> node, std::size_t line) {
        if (open_.empty()) {
            if (node->kind != Node::Kind::map && node->kind != Node::Kind::null) {
                refuse_file(file_name_, line, "expected a map of keys at the top, found something else");
            }
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        const bool is_key = parent.node->kind == Node::Kind::map && !parent.key;
        if (is_key) {
            if (node->kind != Node::Kind::plain && node->kind != Node::Kind::quoted) {
                refuse_file(file_name_, line, "expected a key, found something that is not a text");
            }
            parent.key = Node::Entry{node->text, line, nullptr};
            return;
        }
        // Aliases of aliases multiply: a short file can stand for more than any memory holds.
        parent.node->weight += node->weight;
        parent.node->height = std::max(parent.node->height, node->height + 1);
        if (parent.node->weight > weight_max || parent.node->height > height_max) {
            refuse_file(file_name_, line, "expected settings, found too many or too deeply nested values");
        }
        if (parent.node->kind == Node::Kind::list) {
            parent.node->items.push_back(std::move(node));
            return;
        }
        Node::Entry entry = *std::exchange(parent.key, std::nullopt);
        if (!parent.keys_seen.insert(entry.key).second) {
            problems_.push_back({file_name_, entry.line, child_path(parent.path, entry.key),
                                 "expected each key once, found it a second time"});
            return;
        }
        entry.value = std::move(node);
        parent.node->entries.push_back(std::move(entry));
    }

    const std::string& file_name_;
    int documents_ = 0;
    std::vector<Open> open_;
    std::unordered_map<YAML::anchor_t, std::shared_ptr<const Node>> anchors_;
    std::shared_ptr<const Node> root_;
    std::vector<Problem> problems_;
};

}  // namespace

const Node::Entry* Node::find(std::string_view key) const {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

Document parse_document(std::string_view text, const std::string& file_name) {
    if (const auto unfit = find_unfit_bytes(text)) {
        refuse_file(file_name, unfit->line, unfit->reason);
    }
    TreeBuilder builder(file_name);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        // Behind the colon yaml-cpp repeats pieces of the text, which may be pieces of a password.
        const std::string reason = error.msg.substr(0, error.msg.find(':'));
        refuse_file(file_name, line_of(error.mark), "expected YAML, found something else (" + reason + ")");
    }
    return std::move(builder).take();
}

}  // namespace twinfleet::config::detail

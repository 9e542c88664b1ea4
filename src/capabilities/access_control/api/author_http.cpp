#include "capabilities/access_control/api/author_http.hpp"

#include "capabilities/access_control/api/directory_json.hpp"

namespace twinfleet::access_control {
namespace {

constexpr std::string_view person_header = "X-User";
constexpr CharacterLimits person_characters{.max = name_characters_max};

}  // namespace

Author author_of(const api::Call& call) {
    Author author{.caller = call.caller};
    if (const auto person = call.request.header(person_header)) {
        if (!is_utf8(*person)) {
            throw json::BadInput(std::string(person_header), "expected UTF-8");
        }
        check_text(person_header, *person, person_characters);
        author.person = *person;
    }
    return author;
}

}  // namespace twinfleet::access_control

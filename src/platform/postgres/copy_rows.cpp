#include "platform/postgres/copy_rows.hpp"

#include "platform/errors/store_error.hpp"
#include "platform/postgres/errors.hpp"

namespace twinfleet::postgres {

CopyRows& CopyRows::column(std::string_view value) {
    if (is_row_begun_) {
        text_ += '\t';
    }
    is_row_begun_ = true;
    // Whole stretches without a special character are appended at once: ids consist of nothing else.
    std::size_t start = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        char letter = 0;
        switch (value[i]) {
            case '\0':
                throw platform::StoreRefused(store_name, 0, "a text with a NUL byte cannot be stored");
            case '\\':
                letter = '\\';
                break;
            case '\t':
                letter = 't';
                break;
            case '\n':
                letter = 'n';
                break;
            case '\r':
                letter = 'r';
                break;
            default:
                continue;
        }
        text_.append(value, start, i - start);
        text_ += '\\';
        text_ += letter;
        start = i + 1;
    }
    text_.append(value, start);
    return *this;
}

}  // namespace twinfleet::postgres

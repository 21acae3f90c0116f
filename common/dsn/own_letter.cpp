// SPDX-License-Identifier: Apache-2.0
#include "dsn/own_letter.hpp"

#include "core/text.hpp"
#include "dsn/message_view.hpp"
#include "mail/header.hpp"
#include "terms/failure_code.hpp"
#include "terms/own_marks.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::dsn {

std::string_view own_letter_mark(const MessageView& message) {
    const mail::HeaderList& headers = message.headers;
    const std::string submitted = headers.first("Auto-Submitted").value_or("");
    if (!core::starts_with_ignoring_case(submitted, "auto-") ||
        message.media_type == "multipart/report") {
        return {};
    }
    const std::string code = headers.first(terms::kCodeField).value_or("");
    if (terms::FailureCode::parse(core::trim(code)) == terms::kInformational) {
        return terms::kCodeField;
    }
    const std::string id = headers.first("Message-ID").value_or("");
    return core::starts_with_ignoring_case(core::trim(id),
                                           fmt::format("<{}", terms::kNoticeTokenMark))
               ? "Message-ID of a notice"
               : std::string_view();
}

}  // namespace holdback::dsn

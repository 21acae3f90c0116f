// SPDX-License-Identifier: Apache-2.0
#include "mail/smtp_reply.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/enhanced_status.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::mail {

namespace {

constexpr int kLeastCode = 200;
constexpr int kMostCode = 599;
constexpr std::size_t kCodeDigits = 3;

std::string printable_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(line, [](char c) { return c < ' ' || c > '~'; }, '?');
    return line;
}

/// Takes the status off the start of a reply's text when it is a word of its own and has the class
/// of the code. A status of another class stays in the text.
std::optional<EnhancedStatus> take_status(int code, std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto status = EnhancedStatus::parse(text.substr(0, end));
    if (!status.has_value() || status->status_class() != code / 100) {
        return std::nullopt;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
    return *status;
}

}  // namespace

core::Result<SmtpReply, ReplyError> SmtpReply::make(int code,
                                                    std::optional<EnhancedStatus> status,
                                                    std::string_view text) {
    if (code < kLeastCode || code > kMostCode) {
        return std::unexpected(ReplyError::BadCode);
    }
    if (status.has_value() && status->status_class() != code / 100) {
        return std::unexpected(ReplyError::ClassMismatch);
    }
    return SmtpReply(code, status, printable_line(text));
}

SmtpReply SmtpReply::own(int code, std::string_view status, std::string_view text) {
    return make(code, EnhancedStatus::parse(status).value(), text).value();
}

std::optional<SmtpReply> SmtpReply::parse(std::string_view line) {
    line = line.substr(0, line.find_first_of("\r\n"));
    if (line.size() < kCodeDigits) {
        return std::nullopt;
    }
    const auto number = core::parse_decimal(line.substr(0, kCodeDigits));
    if (!number.has_value()) {
        return std::nullopt;
    }
    std::string_view text = line.substr(kCodeDigits);
    if (!text.empty()) {
        if (text.front() != ' ' && text.front() != '-') {
            return std::nullopt;
        }
        text.remove_prefix(1);
    }
    const int code = static_cast<int>(*number);
    const std::optional<EnhancedStatus> status = take_status(code, text);
    auto reply = make(code, status, core::trim(text));
    if (!reply.has_value()) {
        return std::nullopt;
    }
    return *std::move(reply);
}

std::string SmtpReply::line() const {
    std::string line = fmt::format("{}", code_);
    if (status_.has_value()) {
        line += ' ';
        line += status_->text();
    }
    if (!text_.empty()) {
        line += ' ';
        line += text_;
    }
    return line;
}

}  // namespace holdback::mail

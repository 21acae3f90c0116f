// SPDX-License-Identifier: Apache-2.0
#include "mail/mailbox_list.hpp"

#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::mail {

namespace {

/// Goes through a list once and collects the text between two separators.
class ListReader {
public:
    explicit ListReader(std::string_view value) : value_(value) {}

    MailboxList read() {
        while (at_ < value_.size()) {
            take_next();
        }
        end_mailbox();
        return std::move(list_);
    }

private:
    void take_next() {
        const char c = value_[at_];
        if (c == '"') {
            text_ += quoted();
        } else if (c == '(') {
            skip_comment();
        } else if (c == '<') {
            angle_ = bracketed();
        } else if (c == ',' || c == ';') {
            ++at_;
            end_mailbox();
        } else if (c == ':' && !angle_.has_value() && text_.find('@') == std::string::npos) {
            ++at_;
            text_.clear();  // the name of a group
        } else {
            text_ += c;
            ++at_;
        }
    }

    /// A quoted string with its quotes.
    std::string_view quoted() {
        const std::size_t begin = at_++;
        while (at_ < value_.size() && value_[at_] != '"') {
            at_ += value_[at_] == '\\' ? std::size_t{2} : std::size_t{1};
        }
        at_ = std::min(at_ + 1, value_.size());
        return value_.substr(begin, at_ - begin);
    }

    void skip_comment() {
        std::size_t depth = 0;
        while (at_ < value_.size()) {
            const char c = value_[at_];
            at_ += c == '\\' ? std::size_t{2} : std::size_t{1};
            if (c == '(') {
                ++depth;
            } else if (c == ')' && --depth == 0) {
                break;
            }
        }
        at_ = std::min(at_, value_.size());
    }

    /// The text in angle brackets, without a route.
    std::string bracketed() {
        std::string inside;
        ++at_;
        while (at_ < value_.size() && value_[at_] != '>') {
            if (value_[at_] == '"') {
                inside += quoted();
            } else {
                inside += value_[at_++];
            }
        }
        at_ = std::min(at_ + 1, value_.size());
        const std::string_view trimmed = core::trim(inside);
        const std::size_t colon = trimmed.starts_with('@') ? trimmed.find(':') : std::string::npos;
        return std::string(colon == std::string::npos ? trimmed : trimmed.substr(colon + 1));
    }

    void end_mailbox() {
        const std::string_view text =
            angle_.has_value() ? std::string_view(*angle_) : core::trim(text_);
        if (angle_.has_value() || !text.empty()) {
            auto address = Address::parse(text, Smtputf8::Yes);
            if (!address.has_value() || list_.mailboxes.size() == kMostMailboxes) {
                list_.is_valid = false;
            } else {
                list_.mailboxes.push_back(std::move(address->value));
            }
        }
        text_.clear();
        angle_.reset();
    }

    std::string_view value_;
    std::size_t at_ = 0;
    MailboxList list_;
    std::string text_;  // outside brackets, without comments
    std::optional<std::string> angle_;
};

}  // namespace

MailboxList parse_mailbox_list(std::string_view value) {
    return ListReader(value).read();
}

}  // namespace holdback::mail

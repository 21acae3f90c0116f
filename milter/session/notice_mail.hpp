// SPDX-License-Identifier: Apache-2.0
#pragma once
// Handles mail to the notice address, as part of a session.

#include "config/settings.hpp"
#include "flow/notices/notice_replies.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::session {

/// Remembers the spellings of the notice address in an envelope. Keeps the octets of the message,
/// up to a limit, when it may be an answer.
class NoticeMail {
public:
    /// True when the recipient is the notice address; remembers it then.
    bool take(const mail::Recipient& recipient,
              const flow::notices::NoticeReplies& replies,
              const config::Settings& settings) {
        if (!replies.is_notice_address(recipient, settings)) {
            return false;
        }
        recipients_.push_back(recipient.verbatim);
        return true;
    }

    /// To be called when the header is known.
    void begin(const mail::HeaderList& headers,
               const flow::notices::NoticeReplies& replies,
               std::size_t most_octets) {
        kept_ = is_addressed() && replies.may_answer(headers);
        most_octets_ = most_octets;
        if (kept_) {
            keep(headers.text());
            keep("\r\n");
        }
    }

    void keep(std::string_view octets) {
        if (kept_) {
            octets_ += octets.substr(0, most_octets_ - std::min(most_octets_, octets_.size()));
        }
    }

    [[nodiscard]] bool is_addressed() const { return !recipients_.empty(); }
    /// True when the message may be an answer.
    [[nodiscard]] bool is_kept() const { return kept_; }
    [[nodiscard]] const std::string& octets() const { return octets_; }
    /// As RCPT gave them.
    [[nodiscard]] const std::vector<std::string>& recipients() const { return recipients_; }

private:
    std::vector<std::string> recipients_;
    bool kept_ = false;
    std::size_t most_octets_ = 0;
    std::string octets_;
};

}  // namespace holdback::milter::session

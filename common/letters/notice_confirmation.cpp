// SPDX-License-Identifier: Apache-2.0
// The mail that tells the effect of an answer to a notice.

#include "core/safe_text.hpp"
#include "core/text.hpp"
#include "letters/compose.hpp"
#include "letters/notice.hpp"
#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::letters {

namespace {

/// More recipients than this with the same outcome are counted, not named.
constexpr std::size_t kManyAlike = 20;

/// True for a Message-ID that cannot end a line of our header.
bool is_message_id(std::string_view text) {
    return text.size() <= 250 && text.starts_with('<') && text.ends_with('>') &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

/// Some remarks repeat the sender's words. No line of them may be a command in a reply.
std::string without_commands(std::string_view remark) {
    const std::string text = wrapped(remark, "    ");
    const bool is_safe = std::ranges::all_of(
        core::split(text, '\n'), [](std::string_view line) { return read_orders(line).empty(); });
    return is_safe ? text : wrapped(remark, kGoesOn);
}

/// The outcome of each recipient. If there are many, common outcomes are only counted.
std::string confirmed_text(const std::vector<ConfirmedRow>& rows, const NoticeTexts& texts) {
    std::map<std::string_view, std::size_t> counts;
    if (rows.size() > kMostNoticeRows) {
        for (const ConfirmedRow& row : rows) {
            ++counts[row.outcome];
        }
        std::erase_if(counts, [](const auto& each) { return each.second <= kManyAlike; });
    }
    std::string text;
    for (const auto& [outcome, count] : counts) {
        text += fmt::format("{}\n      {}\n", texts.recipients(count), wrapped(outcome, kGoesOn));
    }
    std::size_t named = 0;
    for (const ConfirmedRow& row : rows) {
        if (counts.contains(row.outcome) || ++named > kMostNoticeRows) {
            continue;
        }
        text += fmt::format("{:>4}  {}\n      {}\n",
                            row.number,
                            core::one_line(row.address),
                            wrapped(row.outcome, kGoesOn));
    }
    if (named > kMostNoticeRows) {
        text += texts.say(NoticeText::MoreRefused,
                          {{"count", fmt::format("{}", named - kMostNoticeRows)}}) +
                "\n";
    }
    return text;
}

}  // namespace

std::string compose_confirmation(const ConfirmationFacts& facts, const NoticeTexts& texts) {
    std::string text;
    if (!facts.refused.empty()) {
        text += wrapped(texts.say(NoticeText::NothingDone, {{"reason", facts.refused}}), "") + "\n";
    }
    text += confirmed_text(facts.rows, texts);
    for (const std::string& remark : facts.remarks) {
        text += fmt::format("{}{}\n",
                            text.empty() ? "" : "\n",
                            without_commands(texts.say(NoticeText::NotDone, {{"reason", remark}})));
    }
    const std::string subject = shortened(core::one_line(facts.subject), kShownSubject);
    const OwnHeader header{
        .from_name = std::string(kOwnName),
        .from = facts.address,
        .to = {facts.to},
        .subject = subject.empty() ? texts.say(NoticeText::AnswerSubject)
                                   : texts.say(NoticeText::AnswerSubjectOf, {{"subject", subject}}),
        .message_id = facts.message_id,
        .in_reply_to = is_message_id(facts.in_reply_to) ? facts.in_reply_to : std::string(),
        .auto_submitted = "auto-replied",
        .now = facts.now};
    return own_header(header) + text_part("text/plain", text);
}

}  // namespace holdback::letters

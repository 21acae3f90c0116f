// SPDX-License-Identifier: Apache-2.0
#include "reading/smtp_stage.hpp"

#include "core/text.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

namespace {

constexpr std::size_t kMostOctets = 8192;

// In the order of the enumeration.
constexpr auto kStageNames =
    std::to_array<std::string_view>({"unknown", "connect", "helo", "mail", "rcpt", "data"});

struct Word {
    std::string_view text;
    SmtpStage stage;
};

/// Commands behind "in reply to", "after" or ">>>", in lower case.
constexpr auto kCommands = std::to_array<Word>({{"mail from", SmtpStage::MailFrom},
                                                {"pipelined mail from", SmtpStage::MailFrom},
                                                {"rcpt to", SmtpStage::RcptTo},
                                                {"pipelined rcpt to", SmtpStage::RcptTo},
                                                {"end of data", SmtpStage::Data},
                                                {"pipelined end of data", SmtpStage::Data},
                                                {"pipelined data", SmtpStage::Data},
                                                {"data", SmtpStage::Data},
                                                {"ehlo", SmtpStage::Hello},
                                                {"helo", SmtpStage::Hello},
                                                {"initial connection", SmtpStage::Connect}});

SmtpStage command_at(std::string_view text) {
    const auto* const found = std::ranges::find_if(
        kCommands, [text](const Word& word) { return text.starts_with(word.text); });
    return found == kCommands.end() ? SmtpStage::Unknown : found->stage;
}

/// Words that qmail writes in front of a reply.
constexpr auto kQmailWords =
    std::to_array<Word>({{"but greeting failed", SmtpStage::Connect},
                         {"but my name was rejected", SmtpStage::Hello},
                         {"but sender was rejected", SmtpStage::MailFrom},
                         {"does not like recipient", SmtpStage::RcptTo},
                         {"failed on data command", SmtpStage::Data},
                         {"failed after i sent the message", SmtpStage::Data}});

/// The stage of the first introduction that is followed by a command.
SmtpStage stage_behind(std::string_view text, std::string_view introduction) {
    for (std::size_t at = text.find(introduction); at != std::string_view::npos;
         at = text.find(introduction, at + 1)) {
        const SmtpStage stage = command_at(core::trim(text.substr(at + introduction.size(), 40)));
        if (stage != SmtpStage::Unknown) {
            return stage;
        }
    }
    return SmtpStage::Unknown;
}

/// False for the line of a reply that goes on ("<<< 550-5.1.1 No").
bool ends_reply(std::string_view line) {
    constexpr std::size_t kBehindCode = 7;
    return line.size() <= kBehindCode || line[kBehindCode] != '-';
}

/// True for Sendmail's own "550 5.1.1 <bo@example.net>... User unknown".
bool blames_recipient(std::string_view line) {
    return line.starts_with('5') && line.find(">... ") != std::string_view::npos;
}

SmtpStage stage_in_transcript(std::string_view text) {
    SmtpStage stage = SmtpStage::Unknown;
    bool refused = false;
    int replies = 0;
    for (const std::string_view raw : lines_of(text)) {
        const std::string_view line = core::trim(raw);
        if (line.starts_with(">>>")) {
            if (refused) {
                return stage;
            }
            stage = command_at(core::trim(line.substr(3)));
        } else if (line.starts_with("<<< 5") || line.starts_with("<<< 4")) {
            refused = true;
            replies += ends_reply(line) ? 1 : 0;
            if (stage != SmtpStage::Data) {
                return stage;
            }
        }
        // Sendmail may send DATA before RCPT is answered, and then DATA hides that command. In this
        // case DATA has a reply of its own, or Sendmail says whom the first one is about.
        if (refused && (replies > 1 || blames_recipient(line))) {
            return SmtpStage::RcptTo;
        }
    }
    return refused ? stage : SmtpStage::Unknown;
}

}  // namespace

SmtpStage stage_in(std::string_view text) {
    const std::string lower = core::to_lower(text.substr(0, kMostOctets));
    if (lower.find("<<<") != std::string::npos) {
        return stage_in_transcript(lower);
    }
    const std::string line = one_line(lower);
    if (line.find("refused to talk to me") != std::string::npos) {
        return SmtpStage::Connect;
    }
    for (const std::string_view introduction : {"in reply to", "mail server after"}) {
        const SmtpStage stage = stage_behind(line, introduction);
        if (stage != SmtpStage::Unknown) {
            return stage;
        }
    }
    const auto* const qmail = std::ranges::find_if(kQmailWords, [&line](const Word& word) {
        return line.find(word.text) != std::string::npos;
    });
    return qmail == kQmailWords.end() ? SmtpStage::Unknown : qmail->stage;
}

std::string text_with_stage(std::string_view text, SmtpStage stage) {
    std::string told(text);
    const std::string_view words = stage_words(stage);
    // The words of Connect stand before the reply and are not part of the server's own words.
    const bool behind = stage != SmtpStage::Connect && told.find(words) != std::string::npos;
    if (!told.empty() && !words.empty() && !behind) {
        told.append(" (").append(words).append(")");
    }
    return told;
}

std::string_view wire_name(SmtpStage stage) {
    return kStageNames.at(static_cast<std::size_t>(stage));
}

std::optional<SmtpStage> parse_stage(std::string_view name) {
    const auto* const found = std::ranges::find(kStageNames, name);
    return found == kStageNames.end()
               ? std::nullopt
               : std::optional(static_cast<SmtpStage>(found - kStageNames.begin()));
}

std::string_view stage_words(SmtpStage stage) {
    switch (stage) {
        case SmtpStage::Connect:
            return "refused to talk to me";
        case SmtpStage::Hello:
            return "in reply to EHLO command";
        case SmtpStage::MailFrom:
            return "in reply to MAIL FROM command";
        case SmtpStage::Data:
            return "in reply to end of DATA command";
        case SmtpStage::RcptTo:
        case SmtpStage::Unknown:
            return {};
    }
    return {};
}

}  // namespace holdback::reading

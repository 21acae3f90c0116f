// SPDX-License-Identifier: Apache-2.0
#include "dsn/classify.hpp"

#include "core/text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "dsn/text_about.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/judgement.hpp"
#include "reading/knowledge.hpp"
#include "reading/rule_set.hpp"
#include "reading/rule_text.hpp"
#include "reading/smtp_stage.hpp"
#include "reading/text_scan.hpp"
#include "terms/failure_code.hpp"
#include "terms/own_marks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr terms::FailureCode kChallenge{1011};
constexpr terms::FailureCode kAutoReply{5001};
using terms::kInformational;

/// The code of a message that is no failure report; nullopt when its recipients decide.
std::optional<terms::FailureCode> code_of_kind(MessageKind kind) {
    switch (kind) {
        case MessageKind::AutoReply:
            return kAutoReply;
        case MessageKind::Challenge:
            return kChallenge;
        case MessageKind::Complaint:
            return terms::kComplaint;
        case MessageKind::Mdn:
        case MessageKind::Report:
        case MessageKind::Informational:
            return kInformational;
        case MessageKind::Unsubscribe:
            return terms::kUnsubscribed;
        case MessageKind::Dsn:
        case MessageKind::Bounce:
        case MessageKind::Ordinary:
            return std::nullopt;
    }
    return std::nullopt;
}

/// A detail of 0 only says "something of this kind" (RFC 3463 section 3).
bool is_specific(const std::optional<mail::EnhancedStatus>& status) {
    return status.has_value() && status->detail() != 0;
}

/// The more specific of two statuses: the remote server's and the one in the report's field.
std::optional<mail::EnhancedStatus> better_status(
    const std::optional<mail::EnhancedStatus>& quoted,
    const std::optional<mail::EnhancedStatus>& field) {
    if (!quoted.has_value()) {
        return field;
    }
    return is_specific(quoted) || !is_specific(field) ? quoted : field;
}

/// The fields about one recipient, as the rules want them. The views point into `recipient`,
/// `report` and `line`.
reading::RuleInput field_input(const RecipientReport& recipient,
                               const Report& report,
                               const std::string& line) {
    const reading::QuotedCodes quoted = reading::quoted_codes(line);
    reading::RuleInput input;
    input.text = line;
    input.remote_mta = recipient.remote_mta;
    input.reporting_mta = report.reporting_mta;
    input.reply_code = recipient.reply.has_value() ? recipient.reply->code() : quoted.reply_code;
    std::optional<mail::EnhancedStatus> replied = quoted.status;
    if (recipient.reply.has_value() && recipient.reply->status().has_value()) {
        replied = better_status(recipient.reply->status(), quoted.status);
    }
    input.status = better_status(replied, recipient.status);
    input.stage = reading::stage_in(line);
    return input;
}

/// The diagnostic text, or the quoted reply when it is empty.
std::string field_text(const RecipientReport& recipient) {
    if (!recipient.diagnostic.empty() || !recipient.reply.has_value()) {
        return recipient.diagnostic;
    }
    return recipient.reply->line();
}

/// The text of the fields, followed by the stage in the words of Postfix if only other words or the
/// text for humans tell it. "User unknown" in reply to MAIL FROM is about the sender.
std::string staged_text(const RecipientReport& recipient, std::string_view prose) {
    std::string text = field_text(recipient);
    // The comment repeats the meaning of the status. It tells more than the server's words only
    // where it says that the mailbox exists.
    if (text.empty() || core::contains_ignoring_case(recipient.status_comment, "disabled")) {
        text += recipient.status_comment.empty() ? "" : " (" + recipient.status_comment + ")";
    }
    reading::SmtpStage stage = reading::stage_in(text);
    if (stage == reading::SmtpStage::Unknown) {
        stage = reading::stage_in(prose);
    }
    return reading::text_with_stage(text, stage);
}

bool are_silent(const reading::RuleInput& fields) {
    return fields.reply_code == 0 && !fields.status.has_value();
}

/// The text without the lines that quote the subject of the failed message.
std::string without_subjects(std::string_view prose) {
    static constexpr auto kNames = std::to_array<std::string_view>({"subject:",
                                                                    "betreff:",
                                                                    "objet:",
                                                                    "objet :",
                                                                    "asunto:",
                                                                    "oggetto:",
                                                                    "assunto:",
                                                                    "onderwerp:",
                                                                    "тема:",
                                                                    "the message subject was:"});
    std::string text;
    text.reserve(prose.size());
    for (const std::string_view line : reading::lines_of(prose)) {
        const std::string_view plain = core::trim(line);
        const bool quotes = std::ranges::any_of(kNames, [plain](std::string_view name) {
            return core::starts_with_ignoring_case(plain, name);
        });
        if (!quotes) {
            text.append(line).append("\n");
        }
    }
    return text;
}

/// Judges a text that was written for people. Codes in running text may be about anything, so they
/// count only when there are no other codes; otherwise only known words count.
std::optional<reading::Judgement> judge_prose(std::string_view prose,
                                              const reading::RuleInput& fields,
                                              const reading::Knowledge& knowledge) {
    if (core::trim(prose).empty()) {
        return std::nullopt;
    }
    const std::string told = without_subjects(prose);
    reading::RuleInput input = fields;
    input.text = told;
    if (are_silent(fields)) {
        const reading::QuotedCodes quoted = reading::quoted_codes(told);
        input.reply_code = quoted.reply_code;
        input.status = quoted.status;
    }
    reading::Judgement judgement = reading::judge_reply(input, knowledge);
    const bool counts = judgement.is_known() && (are_silent(fields) || judgement.knows_words());
    return counts ? std::optional(std::move(judgement)) : std::nullopt;
}

/// True when the first one comes from a sharper rule, from a rule at all, or from words that say
/// more.
bool is_sharper(const reading::Judgement& first, const reading::Judgement& second) {
    if (first.rule != nullptr || second.rule != nullptr) {
        return first.rule != nullptr &&
               (second.rule == nullptr || first.rule_rank < second.rule_rank);
    }
    return !first.is_vague() && second.is_vague();
}

/// Judges one recipient. `prose` is the text for humans about the recipient.
reading::Judgement decide(const RecipientReport& recipient,
                          std::string_view prose,
                          const Report& report,
                          const reading::Knowledge& knowledge) {
    const std::string line = staged_text(recipient, prose);
    const reading::RuleInput input = field_input(recipient, report, line);
    reading::Judgement judgement = reading::judge_reply(input, knowledge);
    // A specific status beside an unknown text says more than the prose around it.
    const bool specific = judgement.is_known() && is_specific(input.status) && !line.empty();
    const bool firm = judgement.knows_words() && !judgement.is_vague();
    if (specific || (firm && !are_silent(input))) {
        return judgement;
    }
    auto told = judge_prose(prose, input, knowledge);
    // Without any code the line itself is prose: the sharper of the two wins.
    if (told.has_value() && (!judgement.knows_words() || is_sharper(*told, judgement))) {
        return *std::move(told);
    }
    return judgement;
}

/// The cause of a delay. A delivery that is still tried has not failed for good, whatever the text
/// says.
reading::Judgement cause_of_delay(const RecipientReport& recipient,
                                  std::string_view prose,
                                  const Report& report,
                                  const reading::Knowledge& knowledge) {
    static constexpr auto kForGood = std::to_array<terms::FailureCode>({terms::kAddressInvalid,
                                                                        terms::kAddressMalformed,
                                                                        terms::FailureCode{2004},
                                                                        terms::FailureCode{2999}});
    reading::Judgement judgement = decide(recipient, prose, report, knowledge);
    // "A temporary problem" without a server's answer describes a delay and not its cause.
    const bool says_no_more = judgement.code == terms::kTemporaryOther &&
                              judgement.rule == nullptr && !recipient.reply.has_value() &&
                              !recipient.status.has_value();
    if (judgement.code == terms::kUnknownFailure || says_no_more) {
        judgement.code = kInformational;
    } else if (std::ranges::find(kForGood, judgement.code) != kForGood.end()) {
        judgement.code = terms::kTryLater;
    }
    return judgement;
}

ClassifiedRecipient classify_recipient(const RecipientReport& recipient,
                                       std::string_view prose,
                                       const Report& report,
                                       const reading::Knowledge& knowledge) {
    ClassifiedRecipient classified;
    classified.report = recipient;
    if (const auto code = code_of_kind(report.kind)) {
        classified.code = *code;
    } else if (recipient.action != Action::Failed && recipient.action != Action::Delayed) {
        classified.code = kInformational;
    } else {
        reading::Judgement judgement = recipient.action == Action::Delayed
                                           ? cause_of_delay(recipient, prose, report, knowledge)
                                           : decide(recipient, prose, report, knowledge);
        classified.code = judgement.code;
        classified.knows_words = judgement.knows_words();
        classified.rule = std::move(judgement.name);
        classified.evidence = std::move(judgement.evidence);
        classified.doubt = judgement.doubt;
    }
    return classified;
}

int rank_of(terms::FailureCode code, const terms::CodeCatalogue& codes) {
    const terms::CodeEntry* entry = codes.find(code);
    return terms::severity_rank(entry == nullptr ? terms::FailureClass::Unknown
                                                 : entry->failure_class);
}

/// The code of a failure report that names no recipient.
terms::FailureCode code_without_recipient(const Report& report,
                                          const reading::Knowledge& knowledge) {
    reading::RuleInput fields;
    fields.reporting_mta = report.reporting_mta;
    const auto judgement = judge_prose(report.human_text, fields, knowledge);
    return judgement.has_value() ? judgement->code : terms::kUnknownFailure;
}

}  // namespace

terms::FailureCode gravest(const std::vector<ClassifiedRecipient>& recipients,
                           const terms::CodeCatalogue& codes) {
    std::optional<terms::FailureCode> worst;
    for (const ClassifiedRecipient& recipient : recipients) {
        const bool failed = recipient.report.action == Action::Failed;
        if (failed &&
            (!worst.has_value() || rank_of(recipient.code, codes) < rank_of(*worst, codes))) {
            worst = recipient.code;
        }
    }
    return worst.value_or(kInformational);
}

Understanding classify(Report report,
                       const reading::Knowledge& knowledge,
                       const terms::CodeCatalogue& codes) {
    Understanding understanding;
    if (report.kind != MessageKind::Ordinary) {
        const TextAbout texts(report);
        for (std::size_t i = 0; i < report.recipients.size(); ++i) {
            understanding.recipients.push_back(
                classify_recipient(report.recipients[i], texts.of(i), report, knowledge));
        }
        if (const auto code = code_of_kind(report.kind)) {
            understanding.code = code;
        } else if (understanding.recipients.empty()) {
            understanding.code = code_without_recipient(report, knowledge);
        } else {
            understanding.code = gravest(understanding.recipients, codes);
        }
    }
    understanding.report = std::move(report);
    return understanding;
}

Understanding understand(const MessageView& message,
                         const reading::Knowledge& knowledge,
                         const terms::CodeCatalogue& codes) {
    return classify(read_report(message), knowledge, codes);
}

}  // namespace holdback::dsn

// SPDX-License-Identifier: Apache-2.0
#include "letters/notice_texts.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "letters/notice_orders.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::letters {

namespace {

using Kind = NoticeTextKind;
using enum NoticeText;

constexpr std::string_view kOfFindings = "address domain reason";

bool is_allowed(std::string_view name, std::string_view placeholders) {
    return std::ranges::any_of(core::split(placeholders, ' '), [&](std::string_view each) {
        return !each.empty() && each == name;
    });
}

std::string allowed_text(std::string_view placeholders) {
    if (placeholders.empty()) {
        return "it has none";
    }
    std::string text;
    for (const std::string_view each : core::split(placeholders, ' ')) {
        text += fmt::format("{}{{{}}}", text.empty() ? "" : ", ", each);
    }
    return fmt::format("allowed are {}", text);
}

/// Gives the pieces of a template: literal text, then the name of a placeholder ("" at the end),
/// and so on. A brace that is not closed ends the last piece.
template <typename Take>
void each_piece(std::string_view text, const Take& take) {
    while (true) {
        const std::size_t open = text.find('{');
        const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
        if (close == std::string_view::npos) {
            take(text, std::string_view());
            return;
        }
        take(text.substr(0, open), text.substr(open + 1, close - open - 1));
        text.remove_prefix(close + 1);
    }
}

std::string filled(std::string_view text, const NoticeValues& values) {
    std::string out;
    each_piece(text, [&](std::string_view literal, std::string_view name) {
        out += literal;
        const auto value =
            std::ranges::find(values, name, &std::pair<std::string_view, std::string>::first);
        if (value != values.end()) {
            out += value->second;
        }
    });
    return out;
}

/// The error in a template; empty: none.
std::string trouble_with(std::string_view text, std::string_view placeholders) {
    constexpr std::size_t kMostOctets = 1000;
    if (core::trim(text).empty() || text.size() > kMostOctets) {
        return fmt::format("the text must have from 1 to {} octets", kMostOctets);
    }
    if (std::ranges::any_of(
            text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
        return "the text must be one line, without control characters";
    }
    if (core::to_valid_utf8(text) != text) {
        return "the text must be UTF-8";
    }
    if (!read_orders(text).empty()) {
        return "the text begins like a command of an answer: let it begin with another word";
    }
    std::string trouble;
    each_piece(text, [&](std::string_view literal, std::string_view name) {
        if (trouble.empty() && literal.find_first_of("{}") != std::string_view::npos) {
            trouble = "a brace stands alone: placeholders are written {name}";
        } else if (trouble.empty() && !name.empty() && !is_allowed(name, placeholders)) {
            trouble = fmt::format("{{{}}} is not a placeholder of this text: {}",
                                  core::printable(name),
                                  allowed_text(placeholders));
        }
    });
    if (trouble.empty() && text.contains("{}")) {
        trouble = "{} has no name: placeholders are written {name}";
    }
    return trouble;
}

NoticeValues of_finding(std::string_view address, std::string_view english) {
    const std::size_t at = address.rfind('@');
    return {
        {"address", std::string(address)},
        {"domain", std::string(at == std::string_view::npos ? address : address.substr(at + 1))},
        {"reason", std::string(english)}};
}

/// The first words, up to 28 octets so that they stay on one line, of the first literal piece that
/// is long enough to reveal a notice, else of the longest.
std::string beginning_of(std::string_view text) {
    constexpr std::size_t kMostOctets = 28;
    constexpr std::size_t kEnough = 20;
    std::string_view longest;
    each_piece(text, [&](std::string_view literal, std::string_view /*name*/) {
        if (longest.size() < kEnough && core::trim(literal).size() > longest.size()) {
            longest = core::trim(literal);
        }
    });
    std::string out;
    for (const std::string_view word : core::split(longest, ' ')) {
        if (!out.empty() && out.size() + 1 + word.size() > kMostOctets) {
            break;
        }
        out += out.empty() ? std::string(word) : fmt::format(" {}", word);
    }
    return out;
}

std::string for_finding(const std::map<std::string, std::string, std::less<>>& table,
                        std::string_view finding,
                        std::string_view address,
                        std::string_view english) {
    const auto found = table.find(finding);
    return found == table.end() ? std::string(english)
                                : filled(found->second, of_finding(address, english));
}

constexpr auto kKinds = std::to_array<Kind>({
    {RecipientOne, "recipient_one", "{count} recipient", "count"},
    {RecipientMany, "recipient_many", "{count} recipients", "count"},
    {Subject, "subject", "Held back: {recipients}", "recipients"},
    {SubjectOf, "subject_of", "Held back: {recipients} of \"{subject}\"", "recipients subject"},
    {SubjectStopped, "subject_stopped", "Campaign stopped", ""},
    {SubjectStoppedOf, "subject_stopped_of", "Campaign stopped of \"{subject}\"", "subject"},
    {OpeningOne,
     "opening_one",
     "{recipients} of your mail was held back and has not got it.",
     "recipients"},
    {OpeningMany,
     "opening_many",
     "{recipients} of your mail were held back and have not got it.",
     "recipients"},
    {OthersHaveIt,
     "others_have_it",
     "Everybody else has; there is no need to send it to them again.",
     ""},
    {OthersButRefused,
     "others_but_refused",
     "Everybody else has, but for those named below; there is no need to send it to them "
     "again.",
     ""},
    {Stopped,
     "stopped",
     "Your campaign was stopped as a whole. {reason} What had not been sent by then is held, "
     "good addresses included, and what you go on sending is held with it.",
     "reason"},
    {LabelSubject, "label_subject", "Subject:", ""},
    {LabelCampaign, "label_campaign", "Campaign:", ""},
    {LabelWhy, "label_why", "Why:", ""},
    {LabelToDo, "label_to_do", "To do:", ""},
    {DidYouMean, "did_you_mean", "Did you mean {address}?", "address"},
    {MoreRows, "more_rows", "And {count} more: the attached list has all.", "count"},
    {Refused,
     "refused",
     "Nothing was wrong with the addresses of these, but the mail server refused them for "
     "good. They did not get the mail either, and a delivery report tells of each:",
     ""},
    {MoreRefused, "more_refused", "and {count} more", "count"},
    {Answer,
     "answer",
     "If you are sure that addresses are right, answer this mail and write the command in the "
     "first line.",
     ""},
    {Budget, "budget", "You can release {recipients} in {window} this way.", "recipients window"},
    {BudgetSome,
     "budget_some",
     "You can release {recipients} of these just now: {budget} in {window} are allowed. For more, "
     "ask {contact}.",
     "recipients budget window contact"},
    {BudgetNone,
     "budget_none",
     "You can release none of these just now: {budget} in {window} are allowed, and you have "
     "released as many.",
     "budget window"},
    {OnlyUser, "only_user", "Only the user {user}, logged in, can do that.", "user"},
    {OnlySender, "only_sender", "Only an answer from {sender} does that.", "sender"},
    {NotReleasable,
     "not_releasable",
     "No answer can release these numbers: {numbers}. Ask {contact} about them.",
     "numbers contact"},
    {Program,
     "program",
     "The mail came from a program that did not log in, so it cannot be released by "
     "answering.",
     ""},
    {AskOne, "ask_one", "Ask {contact}, and name the item {items}.", "contact items"},
    {AskMany, "ask_many", "Ask {contact}, and name the items {items}.", "contact items"},
    {AskMore,
     "ask_more",
     "Ask {contact}, and name the items {items} and those that follow.",
     "contact items"},
    {Administrator, "administrator", "the mail administrator ({address})", "address"},
    {WantOne, "want_one", "To send it anyway", ""},
    {WantSome, "want_some", "To send it to some of them", ""},
    {WantAll, "want_all", "To send it to all of them", ""},
    {WantRest, "want_rest", "To send it to all whom you can release", ""},
    {WantAs, "want_as", "To send it to the address that may be meant", ""},
    {WantDropOne, "want_drop_one", "To have it dropped", ""},
    {WantDropSome, "want_drop_some", "To have some dropped", ""},
    {EndReturn, "end_return", "What is still held on {date} is returned to you.", "date"},
    {EndRelease, "end_release", "What is still held on {date} is sent after all.", "date"},
    {EndDiscard, "end_discard", "What is still held on {date} is discarded.", "date"},
    {AnswerSubject, "answer_subject", "Held mail: your answer", ""},
    {AnswerSubjectOf, "answer_subject_of", "Held mail \"{subject}\": your answer", "subject"},
    {NothingDone, "nothing_done", "Nothing was done: {reason}", "reason"},
    {NotDone, "not_done", "Not done: {reason}", "reason"},
    {RefusedProgram,
     "refused_program",
     "the mail came from a program that did not log in, so it cannot be released by answering; ask "
     "{contact}.",
     "contact"},
    {RefusedUser,
     "refused_user",
     "only the user who sent the mail can release it, and the answer has to be sent by the same "
     "mail server, logged in as that user.",
     ""},
    {RefusedSender,
     "refused_sender",
     "the answer has to come from the address that sent the mail, by the same mail server.",
     ""},
    {NumbersWrong,
     "numbers_wrong",
     "{numbers}: the notice has the numbers 1 to {count}",
     "numbers count"},
    {NumbersBoth, "numbers_both", "{numbers}: released and discarded cannot both be", "numbers"},
    {OneAddress, "one_address", "{number}: it can go to one other address alone", "number"},
    {NotUnderstood, "not_understood", "not understood: {line}", "line"},
    {OverBudget,
     "over_budget",
     "{count} to be released: {budget} in {window} are allowed, {used} were released, so many can "
     "be again from {date} on; for more, ask {contact}",
     "count budget window used date contact"},
    {OverBudgetEver,
     "over_budget_ever",
     "{count} to be released: {budget} in {window} are allowed, {used} were released, so many can "
     "never be at once; for more, ask {contact}",
     "count budget window used contact"},
    {OutcomeSent, "outcome_sent", "sent", ""},
    {OutcomeSentTo, "outcome_sent_to", "sent to {address}", "address"},
    {OutcomeDiscarded, "outcome_discarded", "discarded", ""},
    {OutcomeReturned, "outcome_returned", "returned", ""},
    {OutcomeHeld, "outcome_held", "still held", ""},
    {OutcomeHeldFor, "outcome_held_for", "still held: {reason}", "reason"},
    {OutcomeRefused,
     "outcome_refused",
     "still held: the mail server refused it ({answer})",
     "answer"},
    {OutcomeNotTaken,
     "outcome_not_taken",
     "still held: the mail server did not take it ({answer})",
     "answer"},
    {OutcomeRetried, "outcome_retried", "not sent yet, and tried again: {answer}", "answer"},
    {OutcomeInDoubt,
     "outcome_in_doubt",
     "still held: it may have been sent already; ask the mail administrator to look",
     ""},
    {OutcomeTrouble,
     "outcome_trouble",
     "still held: Holdback cannot do its work just now, try again later",
     ""},
    {OutcomeBlocked, "outcome_blocked", "still held: the mail administrator blocked it", ""},
    {OutcomeNoAddress,
     "outcome_no_address",
     "still held: this is not an address that a mail server takes",
     ""},
    {OutcomeNoOther,
     "outcome_no_other",
     "still held: the notice names no other address for it",
     ""},
    {OutcomeOnlyOther,
     "outcome_only_other",
     "still held: it can go to {address} alone, as the notice says",
     "address"},
    {OutcomeDamaged,
     "outcome_damaged",
     "not sent: the copy that was held is damaged, please send the mail again",
     ""},
    {OutcomeNotHeld, "outcome_not_held", "not done: it is not held any more", ""},
    {OutcomeOnItsWay, "outcome_on_its_way", "on its way already", ""},
    {OutcomeSentAlready, "outcome_sent_already", "sent already", ""},
    {OutcomeReturnedAlready, "outcome_returned_already", "not done: it was returned already", ""},
    {OutcomeDiscardedAlready,
     "outcome_discarded_already",
     "not done: it was discarded already",
     ""},
    {OutcomeForgotten, "outcome_forgotten", "not done: nothing is known of it any more", ""},
    {ForgottenAddress, "forgotten_address", "(forgotten)", ""},
    {DayOne, "day_one", "{count} day", "count"},
    {DayMany, "day_many", "{count} days", "count"},
    {HourOne, "hour_one", "{count} hour", "count"},
    {HourMany, "hour_many", "{count} hours", "count"},
    {MinuteOne, "minute_one", "{count} minute", "count"},
    {MinuteMany, "minute_many", "{count} minutes", "count"},
    {SecondOne, "second_one", "{count} second", "count"},
    {SecondMany, "second_many", "{count} seconds", "count"},
});

}  // namespace

std::span<const NoticeTextKind> notice_text_kinds() {
    return kKinds;
}

NoticeTexts::NoticeTexts() {
    for (const Kind& kind : notice_text_kinds()) {
        texts_.emplace_back(kind.english);
    }
    is_missing_.resize(texts_.size());
}

NoticeTexts NoticeTexts::of_new_language() {
    NoticeTexts texts;
    texts.is_missing_.assign(texts.texts_.size(), true);
    return texts;
}

core::Result<void, std::string> NoticeTexts::set(std::string_view name, std::string text) {
    const std::span<const Kind> kinds = notice_text_kinds();
    const auto kind = std::ranges::find(kinds, name, &Kind::name);
    if (kind == kinds.end()) {
        return std::unexpected(std::string("there is no text of this name"));
    }
    if (std::string trouble = trouble_with(text, kind->placeholders); !trouble.empty()) {
        return std::unexpected(std::move(trouble));
    }
    texts_.at(static_cast<std::size_t>(kind->text)) = std::move(text);
    is_missing_.at(static_cast<std::size_t>(kind->text)) = false;
    return {};
}

core::Result<void, std::string> NoticeTexts::set_reason(std::string_view finding,
                                                        std::string text) {
    if (std::string trouble = trouble_with(text, kOfFindings); !trouble.empty()) {
        return std::unexpected(std::move(trouble));
    }
    reasons_.insert_or_assign(std::string(finding), std::move(text));
    return {};
}

core::Result<void, std::string> NoticeTexts::set_advice(std::string_view finding,
                                                        std::string text) {
    if (std::string trouble = trouble_with(text, kOfFindings); !trouble.empty()) {
        return std::unexpected(std::move(trouble));
    }
    advice_.insert_or_assign(std::string(finding), std::move(text));
    return {};
}

std::vector<std::string_view> NoticeTexts::missing() const {
    std::vector<std::string_view> names;
    for (const Kind& kind : notice_text_kinds()) {
        if (is_missing_.at(static_cast<std::size_t>(kind.text))) {
            names.push_back(kind.name);
        }
    }
    return names;
}

std::string NoticeTexts::say(NoticeText text, const NoticeValues& values) const {
    return filled(texts_.at(static_cast<std::size_t>(text)), values);
}

std::string NoticeTexts::reason(std::string_view finding,
                                std::string_view address,
                                std::string_view english) const {
    return for_finding(reasons_, finding, address, english);
}

std::string NoticeTexts::advice(std::string_view finding,
                                std::string_view address,
                                std::string_view english) const {
    return english.empty() ? std::string() : for_finding(advice_, finding, address, english);
}

std::string NoticeTexts::recipients(std::size_t count) const {
    return say(count == 1 ? RecipientOne : RecipientMany, {{"count", fmt::format("{}", count)}});
}

std::string NoticeTexts::duration(std::chrono::seconds duration) const {
    struct Unit {
        std::chrono::seconds length;
        NoticeText one;
        NoticeText many;
    };
    constexpr std::array<Unit, 4> kUnits{{{std::chrono::days(1), DayOne, DayMany},
                                          {std::chrono::hours(1), HourOne, HourMany},
                                          {std::chrono::minutes(1), MinuteOne, MinuteMany},
                                          {std::chrono::seconds(1), SecondOne, SecondMany}}};
    const auto* const unit = std::ranges::find_if(kUnits, [&](const Unit& each) {
        return duration.count() > 0 && duration % each.length == std::chrono::seconds(0);
    });
    const Unit& shown = unit == kUnits.end() ? kUnits.back() : *unit;
    const auto count = duration / shown.length;
    return say(count == 1 ? shown.one : shown.many, {{"count", fmt::format("{}", count)}});
}

std::vector<std::string> NoticeTexts::beginnings() const {
    std::vector<std::string> found;
    for (const NoticeText text : {OpeningOne, OpeningMany, Stopped}) {
        found.push_back(beginning_of(texts_.at(static_cast<std::size_t>(text))));
    }
    return found;
}

const NoticeTexts& texts_of(const NoticeLanguages& languages, std::string_view language) {
    static const NoticeTexts english;
    const auto found = languages.find(language);
    return found == languages.end() ? english : found->second;
}

}  // namespace holdback::letters

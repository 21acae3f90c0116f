// SPDX-License-Identifier: Apache-2.0
#pragma once
// The texts of notices in one language. English is built in; tables for other languages come from
// files.

#include "core/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::letters {

enum class NoticeText : std::uint8_t {
    RecipientOne,
    RecipientMany,
    Subject,
    SubjectOf,
    SubjectStopped,
    SubjectStoppedOf,
    OpeningOne,
    OpeningMany,
    OthersHaveIt,
    OthersButRefused,
    Stopped,
    LabelSubject,
    LabelCampaign,
    LabelWhy,
    LabelToDo,
    DidYouMean,
    MoreRows,
    Refused,
    MoreRefused,
    Answer,
    Budget,
    BudgetSome,
    BudgetNone,
    OnlyUser,
    OnlySender,
    NotReleasable,
    Program,
    AskOne,
    AskMany,
    AskMore,
    Administrator,
    WantOne,
    WantSome,
    WantAll,
    WantRest,
    WantAs,
    WantDropOne,
    WantDropSome,
    EndReturn,
    EndRelease,
    EndDiscard,
    AnswerSubject,
    AnswerSubjectOf,
    NothingDone,
    NotDone,
    RefusedProgram,
    RefusedUser,
    RefusedSender,
    NumbersWrong,
    NumbersBoth,
    OneAddress,
    NotUnderstood,
    OverBudget,
    OverBudgetEver,
    OutcomeSent,
    OutcomeSentTo,
    OutcomeDiscarded,
    OutcomeReturned,
    OutcomeHeld,
    OutcomeHeldFor,
    OutcomeRefused,
    OutcomeNotTaken,
    OutcomeRetried,
    OutcomeInDoubt,
    OutcomeTrouble,
    OutcomeBlocked,
    OutcomeNoAddress,
    OutcomeNoOther,
    OutcomeOnlyOther,
    OutcomeDamaged,
    OutcomeNotHeld,
    OutcomeOnItsWay,
    OutcomeSentAlready,
    OutcomeReturnedAlready,
    OutcomeDiscardedAlready,
    OutcomeForgotten,
    ForgottenAddress,
    DayOne,
    DayMany,
    HourOne,
    HourMany,
    MinuteOne,
    MinuteMany,
    SecondOne,
    SecondMany,
};

/// The name of a text in a file, its English form, and the placeholders allowed in it.
struct NoticeTextKind {
    NoticeText text;
    std::string_view name;
    std::string_view english;
    std::string_view placeholders;  ///< separated by spaces
};

/// All texts, in the order of the enumeration.
[[nodiscard]] std::span<const NoticeTextKind> notice_text_kinds();

/// Placeholder names and their values.
using NoticeValues = std::vector<std::pair<std::string_view, std::string>>;

/// A table of texts. It is a value: threads may share a constant one freely.
class NoticeTexts {
public:
    /// The English table.
    NoticeTexts();
    /// A table for another language, without texts of its own yet: the English ones are used.
    [[nodiscard]] static NoticeTexts of_new_language();

    /// Sets a text from a file; `name` is one of `notice_text_kinds`. The error says what is wrong
    /// and what is allowed: an unknown name or placeholder, a stray brace, control characters,
    /// invalid UTF-8, a bad length, or a line that would be a command.
    [[nodiscard]] core::Result<void, std::string> set(std::string_view name, std::string text);
    /// The same for the reason of a finding and for the advice; `finding` is a wire name.
    /// Placeholders: address, domain, reason (in English).
    [[nodiscard]] core::Result<void, std::string> set_reason(std::string_view finding,
                                                             std::string text);
    [[nodiscard]] core::Result<void, std::string> set_advice(std::string_view finding,
                                                             std::string text);

    /// The names of the texts that are still English, in the order of the kinds.
    [[nodiscard]] std::vector<std::string_view> missing() const;

    /// A text with its placeholders filled in. Values may be foreign; they are inserted unchanged.
    [[nodiscard]] std::string say(NoticeText text, const NoticeValues& values = {}) const;
    /// The reason why an address was held: the table's words for the finding, else `english`.
    [[nodiscard]] std::string reason(std::string_view finding,
                                     std::string_view address,
                                     std::string_view english) const;
    [[nodiscard]] std::string advice(std::string_view finding,
                                     std::string_view address,
                                     std::string_view english) const;
    /// "1 recipient", "3 recipients".
    [[nodiscard]] std::string recipients(std::size_t count) const;
    /// "1 day", "90 minutes".
    [[nodiscard]] std::string duration(std::chrono::seconds duration) const;

    /// Parts of the first lines of a notice. They reveal a notice that a program quotes without
    /// marks.
    [[nodiscard]] std::vector<std::string> beginnings() const;

    bool operator==(const NoticeTexts&) const = default;

private:
    std::vector<std::string> texts_;  // by `NoticeText`
    std::vector<bool> is_missing_;    // by `NoticeText`
    std::map<std::string, std::string, std::less<>> reasons_;
    std::map<std::string, std::string, std::less<>> advice_;
};

/// All tables, by the name of their language; always has "en".
using NoticeLanguages = std::map<std::string, NoticeTexts, std::less<>>;

/// The table of a language; the English one if there is none.
[[nodiscard]] const NoticeTexts& texts_of(const NoticeLanguages& languages,
                                          std::string_view language);

}  // namespace holdback::letters

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words of a notice in one language. English is built in; other tables come from files.

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

/// One text of a notice.
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

/// What a text is called in a file, its English, and the names that may stand in it in braces.
struct NoticeTextKind {
    NoticeText text;
    std::string_view name;
    std::string_view english;
    std::string_view placeholders;  ///< separated by spaces
};

/// All of them, in the order of the enumeration.
[[nodiscard]] std::span<const NoticeTextKind> notice_text_kinds();

/// Names and what stands in their place.
using NoticeValues = std::vector<std::pair<std::string_view, std::string>>;

/// A table of texts. A value; share it freely between threads.
class NoticeTexts {
public:
    /// English.
    NoticeTexts();
    /// Another language, of which no text is set yet: the English ones stand in.
    [[nodiscard]] static NoticeTexts of_new_language();

    /// Takes a text of a file over: `name` is one of `notice_text_kinds`. The error says what is
    /// wrong and what is allowed: an unknown name, an unknown placeholder, a brace that is not
    /// closed, control characters, or a line that would be a command.
    [[nodiscard]] core::Result<void, std::string> set(std::string_view name, std::string text);
    /// The same for why somebody was held, and for what there is to be done; `finding` is a wire
    /// name. Placeholders: address, domain, reason (as it is in English).
    [[nodiscard]] core::Result<void, std::string> set_reason(std::string_view finding,
                                                             std::string text);
    [[nodiscard]] core::Result<void, std::string> set_advice(std::string_view finding,
                                                             std::string text);

    /// The names of the texts for which the English ones stand in, in the order of the kinds.
    [[nodiscard]] std::vector<std::string_view> missing() const;

    /// A text with its placeholders filled; the values may be foreign and are taken as they are.
    [[nodiscard]] std::string say(NoticeText text, const NoticeValues& values = {}) const;
    /// Why an address was held: the table's words for the finding, else `english`.
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

    /// Parts of the first lines of a notice, by which one is known that a program quotes without
    /// marks.
    [[nodiscard]] std::vector<std::string> beginnings() const;

    bool operator==(const NoticeTexts&) const = default;

private:
    std::vector<std::string> texts_;  // by `NoticeText`
    std::vector<bool> is_missing_;    // by `NoticeText`
    std::map<std::string, std::string, std::less<>> reasons_;
    std::map<std::string, std::string, std::less<>> advice_;
};

/// The tables that there are, by the name of their language; "en" always is.
using NoticeLanguages = std::map<std::string, NoticeTexts, std::less<>>;

/// The table of a language; English where there is none.
[[nodiscard]] const NoticeTexts& texts_of(const NoticeLanguages& languages,
                                          std::string_view language);

}  // namespace holdback::letters

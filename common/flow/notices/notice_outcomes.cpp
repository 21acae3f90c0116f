// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/notice_outcomes.hpp"

#include "core/clock.hpp"
#include "flow/held/release_flow.hpp"
#include "letters/notice_texts.hpp"
#include "terms/held.hpp"

#include <string>

namespace holdback::flow::notices {

namespace {

using What = held::ItemOutcome::What;
using letters::NoticeText;

}  // namespace

bool was_tried(const terms::HeldRecipient& recipient, core::TimePoint since) {
    return recipient.attempts > 0 && recipient.changed_at > since;
}

std::string tried_text(const terms::HeldRecipient& recipient, const letters::NoticeTexts& texts) {
    if (recipient.in_doubt) {
        return texts.say(NoticeText::OutcomeInDoubt);
    }
    return recipient.release_at.has_value()
               ? texts.say(NoticeText::OutcomeRetried, {{"answer", recipient.last_answer}})
               : texts.say(NoticeText::OutcomeHeldFor, {{"reason", recipient.last_answer}});
}

std::string ended_text(const terms::HeldRecipient& recipient, const letters::NoticeTexts& texts) {
    switch (recipient.state) {
        case terms::HeldState::Held:
            return texts.say(NoticeText::OutcomeHeld);
        case terms::HeldState::Releasing:
            return texts.say(NoticeText::OutcomeOnItsWay);
        case terms::HeldState::Released:
            return texts.say(NoticeText::OutcomeSentAlready);
        case terms::HeldState::Returned:
            return texts.say(NoticeText::OutcomeReturnedAlready);
        case terms::HeldState::Discarded:
            return texts.say(NoticeText::OutcomeDiscardedAlready);
    }
    return {};
}

std::string outcome_text(const held::ItemOutcome& outcome, const letters::NoticeTexts& texts) {
    switch (outcome.what) {
        case What::Released:
            return texts.say(NoticeText::OutcomeSent);
        case What::Discarded:
            return texts.say(NoticeText::OutcomeDiscarded);
        case What::Returned:
            return texts.say(NoticeText::OutcomeReturned);
        case What::Refused:
            return texts.say(NoticeText::OutcomeRefused, {{"answer", outcome.answer}});
        case What::Interrupted:
            return texts.say(NoticeText::OutcomeNotTaken, {{"answer", outcome.answer}});
        case What::NotHeld:
            return texts.say(NoticeText::OutcomeNotHeld);
        case What::InDoubt:
            return texts.say(NoticeText::OutcomeInDoubt);
        case What::Damaged:
            return texts.say(NoticeText::OutcomeDamaged);
        case What::Untold:
        case What::Failed:
            return texts.say(NoticeText::OutcomeTrouble);
    }
    return {};
}

}  // namespace holdback::flow::notices

// SPDX-License-Identifier: Apache-2.0
#include "flow/notice_outcomes.hpp"

#include "core/clock.hpp"
#include "flow/release_flow.hpp"
#include "mail/held.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

using What = ItemOutcome::What;

constexpr std::string_view kInDoubt =
    "still held: it may have been sent already; ask the mail administrator to look";

}  // namespace

bool was_tried(const mail::HeldRecipient& recipient, core::TimePoint since) {
    return recipient.attempts > 0 && recipient.changed_at > since;
}

std::string tried_text(const mail::HeldRecipient& recipient) {
    if (recipient.in_doubt) {
        return std::string(kInDoubt);
    }
    return recipient.release_at.has_value()
               ? fmt::format("not sent yet, and tried again: {}", recipient.last_answer)
               : fmt::format("still held: {}", recipient.last_answer);
}

std::string ended_text(const mail::HeldRecipient& recipient) {
    switch (recipient.state) {
        case mail::HeldState::Held:
            return "still held";
        case mail::HeldState::Releasing:
            return "on its way already";
        case mail::HeldState::Released:
            return "sent already";
        case mail::HeldState::Returned:
            return "not done: it was returned already";
        case mail::HeldState::Discarded:
            return "not done: it was discarded already";
    }
    return {};
}

std::string outcome_text(const ItemOutcome& outcome) {
    switch (outcome.what) {
        case What::Released:
            return "sent";
        case What::Discarded:
            return "discarded";
        case What::Returned:
            return "returned";
        case What::Refused:
            return fmt::format("still held: the mail server refused it ({})", outcome.answer);
        case What::Interrupted:
            return fmt::format("still held: the mail server did not take it ({})", outcome.answer);
        case What::NotHeld:
            return "not done: it is not held any more";
        case What::InDoubt:
            return std::string(kInDoubt);
        case What::Damaged:
            return "not sent: the copy that was held is damaged, please send the mail again";
        case What::Untold:
        case What::Failed:
            return "still held: Holdback cannot do its work just now, try again later";
    }
    return {};
}

}  // namespace holdback::flow

// SPDX-License-Identifier: Apache-2.0
#include "flow/held/item_outcome.hpp"

#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "report/decision.hpp"

#include <string_view>

namespace holdback::flow::held {

using What = ItemOutcome::What;

std::string_view wire_name(ItemOutcome::What what) {
    switch (what) {
        case What::Released:
            return "released";
        case What::Returned:
            return "returned";
        case What::Discarded:
            return "discarded";
        case What::Refused:
            return "refused";
        case What::Interrupted:
            return "interrupted";
        case What::NotHeld:
            return "not-held";
        case What::InDoubt:
            return "in-doubt";
        case What::Damaged:
            return "damaged";
        case What::Untold:
            return "untold";
        case What::Failed:
            return "failed";
    }
    return "failed";
}

void log_outcome(ports::Log& log,
                 const ports::HeldItem& item,
                 const ItemOutcome& outcome,
                 std::string_view cause) {
    report::ReleaseDecision line;
    switch (outcome.what) {
        case What::Released:
            line.verdict = report::ReleaseVerdict::Released;
            break;
        case What::Returned:
            line.verdict = report::ReleaseVerdict::Returned;
            break;
        case What::Discarded:
            line.verdict = report::ReleaseVerdict::Discarded;
            break;
        case What::Refused:
            line.verdict = report::ReleaseVerdict::Refused;
            break;
        case What::Interrupted:
            line.verdict = report::ReleaseVerdict::Interrupted;
            break;
        case What::NotHeld:
        case What::InDoubt:
        case What::Damaged:
        case What::Untold:
        case What::Failed:
            return;
    }
    line.item = item.recipient.id;
    line.sender = item.message.sender;
    line.recipient = item.recipient.address;
    line.answer = outcome.answer;
    line.cause = cause;
    log.write(ports::Severity::Info, report::decision_line(line));
}

}  // namespace holdback::flow::held

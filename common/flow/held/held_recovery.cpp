// SPDX-License-Identifier: Apache-2.0
#include "flow/held/held_recovery.hpp"

#include "core/text.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/returns.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

using What = ItemOutcome::What;

bool HeldRecovery::recover() {
    const auto recovered = ports::recover(parts_.held, parts_.clock.now());
    if (!recovered.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("release: the store can't be recovered: {}",
                                     core::log_safe(recovered.error().what)));
        return false;
    }
    if (recovered->put_back > 0) {
        parts_.log.write(
            ports::Severity::Warning,
            fmt::format("release: {} interrupted releases begin again", recovered->put_back));
    }
    if (!recovered->in_doubt.empty()) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("release: {} held items are in doubt, the MTA may have let "
                                     "their messages pass: see held list --in-doubt",
                                     recovered->in_doubt.size()));
    }
    put_in_doubt();
    give_back_stranded();
    return true;
}

void HeldRecovery::give_back_stranded() {
    ports::HeldFilter good;
    good.states = {terms::HeldState::Held};
    good.kind = terms::HeldKind::Mail;
    good.finding = terms::HeldFinding();
    good.in_doubt = false;
    const auto found = find_items(parts_.held, good);
    if (!found.has_value()) {
        parts_.trouble.say(
            ports::Severity::Error, "refused recipients can't be looked up", found.error());
        return;
    }
    Items refused;
    Items damaged;
    for (const ports::HeldItem& item : *found) {
        if (item.recipient.release_at.has_value()) {
            continue;
        }
        if (!item.message.damage.empty()) {
            damaged.push_back(item);
        } else if (item.recipient.attempts > 0) {
            refused.push_back(item);
        }
    }
    parts_.returns.give_back_good(refused, kRefusedByMta);
    parts_.returns.give_back_good(damaged, kDamagedCopy);
}

void HeldRecovery::put_in_doubt() {
    // The message of these items had been sent except for its end, or came through the milter with
    // its token, so the MTA may have taken it. They wait for a person, since sending twice is as
    // wrong as not sending.
    ports::HeldFilter claimed;
    claimed.states = {terms::HeldState::Releasing};
    const auto found = find_items(parts_.held, claimed);
    if (!found.has_value()) {
        parts_.trouble.say(
            ports::Severity::Error, "releases that were cut off can't be looked up", found.error());
        return;
    }
    std::vector<ports::ReleaseEnd> ends;
    for (const ports::HeldItem& item : *found) {
        const ItemOutcome outcome{item.recipient.id,
                                  What::Interrupted,
                                  "interrupted while the MTA took the message: check its log for a "
                                  "delivery before you release it again"};
        ends.push_back({.id = outcome.id,
                        .what = ports::ReleaseEnd::What::Unknown,
                        .answer = outcome.answer,
                        .retry_at = std::nullopt});
        log_outcome(parts_.log, item, outcome, "start");
    }
    if (!ends.empty()) {
        parts_.releases.settle(std::move(ends));
    }
}

}  // namespace holdback::flow::held

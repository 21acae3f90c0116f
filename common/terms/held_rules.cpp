// SPDX-License-Identifier: Apache-2.0
#include "terms/held_rules.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::terms {

namespace {

/// The note on a held item whose message the MTA may have let pass.
constexpr std::string_view kInDoubt =
    "the program ended before the MTA had its answer about this message: check its log for a "
    "delivery before you release it";
constexpr std::string_view kInterrupted = "interrupted by the end of the program";
/// The reason why a DSN is not sent.
constexpr std::string_view kNobodyLeft =
    "by the MTA's log, all recipients in this DSN have got the mail";
constexpr std::string_view kRefusedAtOnce = "refused and returned to the sender";

using Outcome = std::optional<HeldChange>;

/// The item in state `to` (which may be its present one), with a line for its history.
HeldChange moved(const HeldRow& row, HeldState to, std::string_view line, core::TimePoint now) {
    HeldChange change{.row = row, .line = std::string(line)};
    change.row.state = to;
    change.row.changed_at = now;
    return change;
}

/// The MTA has no copy, so there is no queue id.
void has_no_copy(HeldRow& row) {
    row.mta_queue_id.clear();
    row.mta_since.reset();
}

/// True when somebody may release or end the item.
bool can_act_on(const HeldRow& row, InDoubt in_doubt) {
    return row.state == HeldState::Held && (!row.in_doubt || in_doubt == InDoubt::Take);
}

/// True when an item is in doubt and no text says why.
bool is_doubt_unsaid(const HeldRow& row) {
    return row.state == HeldState::Held && row.in_doubt && row.last_answer.empty();
}

HeldChange put_back(const HeldRow& row, const ReleaseEnded& end, core::TimePoint now) {
    HeldChange change = moved(row, HeldState::Held, end.answer, now);
    change.row.last_answer = end.answer;
    change.row.release_at = end.retry_at;
    change.row.in_doubt = end.what == ReleaseEnded::What::Unknown;
    change.row.token.clear();
    if (!change.row.in_doubt) {
        has_no_copy(change.row);
    }
    return change;
}

/// The change of `row` by each event.
struct Rules {
    const HeldRow& row;
    core::TimePoint now;

    Outcome operator()(const CameAgain& event) const {
        if (row.state != HeldState::Held || row.in_doubt) {
            return std::nullopt;
        }
        HeldChange change{.row = row, .line = std::nullopt};
        change.row.in_doubt = true;
        change.row.mta_queue_id = event.queue_id;
        change.row.mta_since = now;
        return change;
    }

    Outcome operator()(const RefusedAtOnce& /*event*/) const {
        if (row.state != HeldState::Held) {
            return std::nullopt;
        }
        return moved(row, HeldState::Returned, kRefusedAtOnce, now);
    }

    Outcome operator()(const AnswerTaken& event) const {
        // After a try to release it, the doubt is about that release, unless the message came
        // again.
        if (!row.in_doubt || (row.attempts > 0 && row.mta_queue_id != event.queue_id)) {
            return std::nullopt;
        }
        HeldChange change{.row = row, .line = std::nullopt};
        change.row.in_doubt = false;
        return change;
    }

    Outcome operator()(const DoubtLasts& event) const {
        if (!is_doubt_unsaid(row)) {
            return std::nullopt;
        }
        HeldChange change = moved(row, HeldState::Held, event.why, now);
        change.row.last_answer = event.why;
        return change;
    }

    Outcome operator()(const MtaDropped& event) const {
        // After a try to release it, the doubt is about another message.
        if (!row.in_doubt || row.attempts > 0 || row.mta_queue_id != event.queue_id ||
            !row.mta_since.has_value() || *row.mta_since > event.at) {
            return std::nullopt;
        }
        HeldChange change{.row = row, .line = std::nullopt};
        if (row.state == HeldState::Held && !row.last_answer.empty()) {
            change = moved(row, HeldState::Held, event.why, now);
            change.row.last_answer.clear();
        }
        change.row.in_doubt = false;
        has_no_copy(change.row);
        return change;
    }

    Outcome operator()(const CopyFound& event) const {
        if (!row.in_doubt || row.mta_queue_id != event.queue_id ||
            (row.state != HeldState::Held && row.state != HeldState::Returned)) {
            return std::nullopt;
        }
        HeldChange change = moved(row, HeldState::Released, event.text, now);
        change.row.in_doubt = false;
        change.row.last_answer = event.text;
        return change;
    }

    Outcome operator()(const NobodyLeft& /*event*/) const {
        if (row.state != HeldState::Held) {
            return std::nullopt;
        }
        HeldChange change = moved(row, HeldState::Discarded, kNobodyLeft, now);
        change.row.in_doubt = false;
        change.row.last_answer = kNobodyLeft;
        return change;
    }

    Outcome operator()(const ReleaseBegins& event) const {
        if (!can_act_on(row, event.in_doubt)) {
            return std::nullopt;
        }
        HeldChange change = moved(row, HeldState::Releasing, event.why, now);
        ++change.row.attempts;
        change.row.in_doubt = false;
        has_no_copy(change.row);
        change.row.token = event.token;
        return change;
    }

    Outcome operator()(const ReleaseEnded& event) const {
        if (row.state != HeldState::Releasing) {
            return std::nullopt;
        }
        if (event.what != ReleaseEnded::What::Released) {
            return put_back(row, event, now);
        }
        // The token stays: sendmail(1) answers before the message comes through the milter.
        HeldChange change = moved(row, HeldState::Released, event.answer, now);
        change.row.last_answer = event.answer;
        return change;
    }

    Outcome operator()(const TokenCame& event) const {
        if (row.token.empty()) {
            return std::nullopt;
        }
        HeldChange change{.row = row, .line = std::nullopt};
        change.row.mta_queue_id = event.queue_id;
        change.row.mta_since = now;
        return change;
    }

    Outcome operator()(const Ended& event) const {
        const bool is_end =
            event.state == HeldState::Returned || event.state == HeldState::Discarded;
        if (!is_end || !can_act_on(row, event.in_doubt)) {
            return std::nullopt;
        }
        return moved(row, event.state, event.why, now);
    }

    Outcome operator()(const Readdressed& event) const {
        if (!can_act_on(row, InDoubt::LeaveAlone)) {
            return std::nullopt;
        }
        HeldChange change{.row = row, .line = event.why};
        change.row.address = event.address;
        return change;
    }

    Outcome operator()(const RecheckAt& event) const {
        HeldChange change{.row = row, .line = std::nullopt};
        change.row.recheck_at = event.at;
        return change;
    }

    Outcome operator()(const ExpiresAt& event) const {
        HeldChange change{.row = row, .line = std::nullopt};
        change.row.expires_at = event.at;
        return change;
    }

    Outcome operator()(const ReleaseAt& event) const {
        if (row.state != HeldState::Held || !row.release_at.has_value()) {
            return std::nullopt;
        }
        HeldChange change{.row = row, .line = std::nullopt};
        change.row.release_at = event.at;
        return change;
    }

    Outcome operator()(const CopyDamaged& event) const {
        if (row.state != HeldState::Held) {
            return std::nullopt;
        }
        HeldChange change = moved(row, HeldState::Held, event.damage, now);
        change.row.release_at.reset();
        return change;
    }

    Outcome operator()(const Rescued& event) const {
        if (row.state != HeldState::Held) {
            return std::nullopt;
        }
        HeldChange change = moved(row, HeldState::Held, event.why, now);
        change.row.last_answer = event.why;
        return change;
    }

    Outcome operator()(const MayHaveLeft& event) const {
        if (!is_active(row.state)) {
            return std::nullopt;
        }
        HeldChange change = moved(row, HeldState::Held, event.why, now);
        change.row.last_answer = event.why;
        change.row.in_doubt = true;
        has_no_copy(change.row);
        change.row.release_at.reset();
        change.row.recheck_at.reset();
        change.row.token.clear();
        return change;
    }

    Outcome operator()(const ProgramEnded& event) const {
        if (is_doubt_unsaid(row)) {
            return (*this)(DoubtLasts{std::string(kInDoubt)});
        }
        const bool may_have_left =
            event.token.has_value() && (event.token->sent || event.token->used);
        if (row.state != HeldState::Releasing || may_have_left) {
            return std::nullopt;
        }
        return put_back(row,
                        {.what = ReleaseEnded::What::Failed,
                         .answer = std::string(kInterrupted),
                         .retry_at = now},
                        now);
    }
};

}  // namespace

HeldRecipient new_item(const HeldMessage& message, HeldRecipient recipient) {
    recipient.spool_id = message.spool_id;
    recipient.state = HeldState::Held;
    recipient.changed_at = message.held_at;
    recipient.attempts = 0;
    recipient.last_answer.clear();
    recipient.mta_since =
        recipient.mta_queue_id.empty() ? std::nullopt : std::optional(message.held_at);
    return recipient;
}

std::optional<HeldChange> apply(const HeldRow& row, const ItemEvent& event, core::TimePoint now) {
    return std::visit(Rules{.row = row, .now = now}, event);
}

std::optional<std::string> identity_of(const HeldMessage& message, const HeldRecipient& recipient) {
    if (message.fingerprint.empty()) {
        return std::nullopt;
    }
    return core::digest_hex(
        std::array<std::string_view, 3>{message.fingerprint, message.sender, recipient.address});
}

std::vector<HeldRow> idle_dsns(std::span<const HeldRow> rows) {
    std::vector<HeldRow> idle;
    if (std::ranges::find(rows, HeldState::Returned, &HeldRow::state) == rows.end()) {
        std::ranges::copy_if(rows, std::back_inserter(idle), [](const HeldRow& row) {
            return row.kind == HeldKind::Own && row.in_doubt && row.state == HeldState::Held &&
                   row.attempts == 0;
        });
    }
    return idle;
}

std::optional<ReleaseToken> used_up(const ReleaseToken& token) {
    if (token.used) {
        return std::nullopt;
    }
    ReleaseToken after = token;
    after.used = true;
    return after;
}

}  // namespace holdback::terms

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ends held mail that is not released: returns it to its sender, or discards it.

#include "core/clock.hpp"
#include "flow/held/copy_checks.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/seldom_log.hpp"
#include "flow/own_mail.hpp"
#include "mail/header.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::held {

/// The reason for returning good recipients, in logs and histories.
inline constexpr std::string_view kRefusedByMta = "refused by the MTA";
inline constexpr std::string_view kDamagedCopy = "the copy is damaged";

/// The items whose sender gets no DSN, according to the outcomes of `give_back`.
[[nodiscard]] Items untold_among(OfMessage items, std::span<const ItemOutcome> outcomes);

/// The use case. Safe from several threads.
class Returns {
public:
    /// What it uses; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        const CopyChecks& copies;
        /// True when a DSN may go to the sender of held mail with this header; null: to any sender.
        std::function<bool(const terms::HeldMessage&, const mail::HeaderList&)> may_be_told;
    };

    explicit Returns(Parts parts) : parts_(std::move(parts)) {}

    /// Sends the senders a DSN about items and ends the items, in one step. Items of a sender who
    /// may not be told stay held (`Untold`).
    std::vector<ItemOutcome> give_back(std::span<const std::int64_t> ids,
                                       std::string_view cause,
                                       ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone);

    /// Ends items. Only the log and the store record it.
    std::vector<ItemOutcome> discard(std::span<const std::int64_t> ids,
                                     std::string_view cause,
                                     ports::InDoubt in_doubt = ports::InDoubt::LeaveAlone);

    /// Returns items to the postmaster of this host instead of senders who may not be told. False
    /// when some could not be returned.
    bool give_to_postmaster(const Items& items, std::string_view cause);

    /// Returns the good recipients (without a finding) among `items`, whose mail can't be sent, at
    /// once: to the senders, or to the postmaster in their place. Nobody else would report them.
    void give_back_good(OfMessage items, std::string_view cause);

private:
    void give_back_message(OfMessage of_message,
                           std::string_view cause,
                           ports::InDoubt in_doubt,
                           std::vector<ItemOutcome>& outcomes);
    /// Who reads a DSN: the sender, or the postmaster of this host instead.
    enum class Reader : std::uint8_t { Sender, Postmaster };
    /// Returns items of one message with a DSN to `reader`.
    void report_return(OfMessage of_message,
                       Reader reader,
                       std::string_view cause,
                       ports::InDoubt in_doubt,
                       std::vector<ItemOutcome>& outcomes);
    /// The reason why an item ends without a DSN.
    enum class Untold : std::uint8_t { Discarded, ByNullSender, ByWish };
    [[nodiscard]] static std::string_view plain_words(Untold why);
    void end_items(OfMessage items,
                   Untold why,
                   std::string_view cause,
                   ports::InDoubt in_doubt,
                   std::vector<ItemOutcome>& outcomes);
    /// The header that a DSN quotes: that of the copy, or what the row has of it when the copy is
    /// damaged.
    [[nodiscard]] std::string header_of(const terms::HeldMessage& message,
                                        std::string_view damage) const;

    Parts parts_;
    SeldomLog seldom_{parts_.log, parts_.clock};
};

}  // namespace holdback::flow::held

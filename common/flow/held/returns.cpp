// SPDX-License-Identifier: Apache-2.0
#include "flow/held/returns.hpp"

#include "core/text.hpp"
#include "flow/held/held_items.hpp"
#include "flow/held/item_outcome.hpp"
#include "flow/held/returned_facts.hpp"
#include "flow/whole_message.hpp"
#include "letters/return_dsn.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/header.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "terms/held.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow::held {

namespace {

using What = ItemOutcome::What;

/// A longer header block is cut in a DSN.
constexpr std::size_t kMostHeaderOctets = std::size_t{64} * 1024;

}  // namespace

Items untold_among(OfMessage items, std::span<const ItemOutcome> outcomes) {
    std::set<std::int64_t> untold;
    for (const ItemOutcome& outcome : outcomes) {
        if (outcome.what == What::Untold) {
            untold.insert(outcome.id);
        }
    }
    Items found;
    std::ranges::copy_if(items, std::back_inserter(found), [&](const ports::HeldItem& item) {
        return untold.contains(item.recipient.id);
    });
    return found;
}

std::string Returns::header_of(const terms::HeldMessage& message, std::string_view damage) const {
    std::string header;
    if (!damage.empty()) {
        for (const auto& [name, value] : {std::pair("Subject", &message.subject),
                                          std::pair("Message-ID", &message.message_id)}) {
            if (!value->empty()) {
                header += fmt::format("{}: {}\r\n", name, core::trim(*value));
            }
        }
        return header;
    }
    static_cast<void>(parts_.spool.read(message, [&](std::string_view octets) {
        header += octets.substr(0, kMostHeaderOctets - header.size());
        return header.find("\r\n\r\n") == std::string::npos && header.size() < kMostHeaderOctets;
    }));
    if (const std::size_t end = header.find("\r\n\r\n"); end != std::string::npos) {
        header.resize(end + 2);
    }
    return header;
}

std::vector<ItemOutcome> Returns::give_back(std::span<const std::int64_t> ids,
                                            std::string_view cause,
                                            ports::InDoubt in_doubt) {
    return act_by_message(
        parts_.held, ids, in_doubt, [&](OfMessage of_message, std::vector<ItemOutcome>& outcomes) {
            give_back_message(of_message, cause, in_doubt, outcomes);
        });
}

void Returns::give_back_message(OfMessage of_message,
                                std::string_view cause,
                                ports::InDoubt in_doubt,
                                std::vector<ItemOutcome>& outcomes) {
    const terms::HeldMessage& message = of_message.front().message;
    if (message.sender.empty()) {
        end_items(of_message, Untold::ByNullSender, cause, in_doubt, outcomes);
        return;
    }
    Items told;
    Items untold;
    for (const ports::HeldItem& item : of_message) {
        (mail::wants_failure_report(item.recipient.arguments) ? told : untold).push_back(item);
    }
    if (!untold.empty()) {
        end_items(untold, Untold::ByWish, cause, in_doubt, outcomes);
    }
    if (!told.empty()) {
        report_return(told, Reader::Sender, cause, in_doubt, outcomes);
    }
}

void Returns::report_return(OfMessage of_message,
                            Reader reader,
                            std::string_view cause,
                            ports::InDoubt in_doubt,
                            std::vector<ItemOutcome>& outcomes) {
    const terms::HeldMessage& message = of_message.front().message;
    const auto all_are = [&](What what, const std::string& answer) {
        for (const ports::HeldItem& item : of_message) {
            outcomes.push_back({item.recipient.id, what, answer});
        }
    };
    const std::string damage = parts_.copies.look_at(message);
    letters::ReturnDsnFacts facts = returned_message(message, header_of(message, damage));
    if (reader == Reader::Sender && parts_.may_be_told != nullptr &&
        !parts_.may_be_told(message,
                            mail::parse_header(facts.original_header, kMostHeaderOctets).fields)) {
        all_are(What::Untold,
                "the sender has not logged in and has no domain of [outgoing] own_domains, so no "
                "DSN goes there; release or discard it");
        return;
    }
    if (reader == Reader::Postmaster) {
        facts.sender = fmt::format("postmaster@{}", parts_.own_mail.host_name());
        facts.in_place_of = message.sender;
    }
    if (damage.empty() && reader == Reader::Postmaster) {
        facts.original = whole_message(parts_.spool, message, kMostHandedOver);
    } else if (damage.empty() && mail::wants_whole_message(message.sender_arguments)) {
        facts.original = whole_message(parts_.spool, message);
    }
    for (const ports::HeldItem& item : of_message) {
        facts.recipients.push_back(returned_recipient(item.recipient, damage));
    }
    const auto dsn = parts_.own_mail.write_return_dsn(std::move(facts), return_key(of_message));
    if (!dsn.has_value()) {
        all_are(What::Failed, dsn.error());
        return;
    }
    const std::vector<std::int64_t> ids = ids_of(of_message);
    const std::string_view to =
        reader == Reader::Sender ? "the sender" : "the postmaster, since the sender can't be told";
    const auto returned = ports::give_back(parts_.held,
                                           ids,
                                           in_doubt,
                                           *dsn,
                                           fmt::format("returned to {}: {}", to, cause),
                                           parts_.clock.now());
    if (returned != ports::GivenBack::Yes) {
        parts_.own_mail.drop(*dsn);
    }
    if (!returned.has_value() || *returned == ports::GivenBack::No) {
        all_are(What::Failed,
                returned.has_value() ? "somebody else acts on this message, try again"
                                     : returned.error().what);
        return;
    }
    all_are(What::Returned, {});
    for (const ports::HeldItem& item : of_message) {
        log_outcome(parts_.log, item, {item.recipient.id, What::Returned, {}}, cause);
    }
}

std::string_view Returns::plain_words(Untold why) {
    switch (why) {
        case Untold::Discarded:
            return "discarded";
        case Untold::ByNullSender:
            return "ended, the null sender gets no DSN";
        case Untold::ByWish:
            return "ended, the sender wants no DSN (NOTIFY)";
    }
    std::unreachable();
}

void Returns::end_items(OfMessage items,
                        Untold why,
                        std::string_view cause,
                        ports::InDoubt in_doubt,
                        std::vector<ItemOutcome>& outcomes) {
    const bool returned = why != Untold::Discarded;
    const std::vector<std::int64_t> ids = ids_of(items);
    const auto ended =
        ports::end_items(parts_.held,
                         ids,
                         in_doubt,
                         returned ? terms::HeldState::Returned : terms::HeldState::Discarded,
                         fmt::format("{}: {}", plain_words(why), cause),
                         parts_.clock.now());
    const std::set<std::int64_t> done = ended.has_value()
                                            ? std::set<std::int64_t>(ended->begin(), ended->end())
                                            : std::set<std::int64_t>{};
    for (const ports::HeldItem& item : items) {
        const std::int64_t id = item.recipient.id;
        if (!ended.has_value()) {
            outcomes.push_back({id, What::Failed, ended.error().what});
        } else if (done.contains(id)) {
            outcomes.push_back({id, returned ? What::Returned : What::Discarded, {}});
            log_outcome(parts_.log, item, outcomes.back(), cause);
        }
    }
}

std::vector<ItemOutcome> Returns::discard(std::span<const std::int64_t> ids,
                                          std::string_view cause,
                                          ports::InDoubt in_doubt) {
    return act_on_held(
        parts_.held, ids, in_doubt, [&](OfMessage all, std::vector<ItemOutcome>& outcomes) {
            end_items(all, Untold::Discarded, cause, in_doubt, outcomes);
        });
}

void Returns::give_back_good(OfMessage items, std::string_view cause) {
    Items good;
    std::ranges::copy_if(items, std::back_inserter(good), [](const ports::HeldItem& item) {
        return item.message.kind == terms::HeldKind::Mail && item.recipient.finding.is_none();
    });
    if (!good.empty()) {
        const Items untold = untold_among(good, give_back(ids_of(good), cause));
        static_cast<void>(give_to_postmaster(untold, cause));  // otherwise tried again at expiry
    }
}

bool Returns::give_to_postmaster(const Items& items, std::string_view cause) {
    if (items.empty()) {
        return true;
    }
    const auto outcomes = act_by_message(
        parts_.held,
        ids_of(items),
        ports::InDoubt::Take,
        [&](OfMessage of_message, std::vector<ItemOutcome>& done) {
            report_return(of_message, Reader::Postmaster, cause, ports::InDoubt::Take, done);
        });
    const auto returned = std::ranges::count(outcomes, What::Returned, &ItemOutcome::what);
    if (returned > 0) {
        seldom_.say(
            ports::Severity::Warning,
            "returned",
            fmt::format(
                "{} recipients were returned to the postmaster ({}): their senders have not "
                "logged in and have no domain of [outgoing] own_domains, so no DSN goes there",
                returned,
                cause));
    }
    return returned == std::ssize(outcomes);
}

}  // namespace holdback::flow::held

// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/check/checker.hpp"

#include "core/clock.hpp"
#include "flow/facts.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/sources.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

/// How many addresses are looked up together. The next batch is looked up while one is judged.
constexpr std::size_t kBatch = 500;
/// At most this many rows, including those without an address, wait for a batch.
constexpr std::size_t kMostRows = 20 * kBatch;
/// A longer row that can't be read is reported without waiting.
constexpr std::size_t kMostWaitingOctets = 1024;
/// A list is judged as mail that comes and goes by SMTP.
constexpr std::string_view kBySmtp = "smtp";
}  // namespace

std::optional<CommandError> Checker::add(ListRow row) {
    if (!row.address.has_value()) {
        // A row that can't be read may be a large part of the list.
        const bool is_long = row.raw.size() > kMostWaitingOctets;
        rows_.push_back(std::move(row));
        if (is_long) {
            return finish();
        }
        return rows_.size() < kMostRows ? std::nullopt : turn();
    }
    const std::string_view view = *row.address;
    auto syntax = mail::Address::parse(view, parts_.utf8);
    filling_.push_back({.verbatim = fmt::format("<{}>", view),
                        .syntax = std::move(syntax),
                        .arguments = {},
                        .mailer = std::string(kBySmtp)});
    rows_.push_back(std::move(row));
    if (filling_.size() < kBatch) {
        return std::nullopt;
    }
    return turn();
}

std::optional<CommandError> Checker::finish() {
    if (auto error = turn()) {
        return error;
    }
    return turn();
}

std::optional<CommandError> Checker::turn() {
    if (parts_.sources.resolver != nullptr) {
        for (const mail::Recipient& recipient : filling_) {
            if (outbound::needs_route(recipient, parts_.settings)) {
                parts_.sources.resolver->start(recipient.syntax->value.domain());
            }
        }
    }
    const std::vector<mail::Recipient> batch = std::exchange(waiting_, std::move(filling_));
    filling_.clear();
    return judge(batch);
}

std::optional<CommandError> Checker::judge(const std::vector<mail::Recipient>& batch) {
    const core::Clock& clock = parts_.context.clock;
    const flow::GatheredFacts facts = flow::gather_facts(batch,
                                                         parts_.sender,
                                                         parts_.settings,
                                                         parts_.sources,
                                                         clock.steady_now() + parts_.patience,
                                                         clock.now());
    if (facts.store_trouble.has_value()) {
        return store_error(*facts.store_trouble);
    }
    pass_rows();
    for (const outbound::RecipientFacts& recipient : facts.recipients) {
        const auto found = outbound::findings(recipient, parts_.settings);
        const outbound::Verdict verdict =
            outbound::judge(found, parts_.stream, parts_.settings.policy);
        report_({.text = rows_.front().address.value_or(std::string()),
                 .syntax = recipient.syntax,
                 .verdict = verdict.action,
                 .decisive = verdict.finding,
                 .stream = parts_.stream,
                 .findings = found,
                 .route = recipient.route},
                rows_.front());
        rows_.pop_front();
        pass_rows();
    }
    return std::nullopt;
}

void Checker::pass_rows() {
    while (!rows_.empty() && !rows_.front().address.has_value()) {
        pass_(rows_.front());
        rows_.pop_front();
    }
}

}  // namespace holdback::milter::ctl

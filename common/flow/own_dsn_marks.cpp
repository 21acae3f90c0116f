// SPDX-License-Identifier: Apache-2.0
#include "flow/own_dsn_marks.hpp"

#include "dsn/classify.hpp"
#include "dsn/delivery_status.hpp"
#include "dsn/report.hpp"
#include "dsn/tag.hpp"
#include "flow/snapshot.hpp"
#include "letters/return_dsn.hpp"
#include "mail/header.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

dsn::RecipientReport report_of(const letters::ReturnedRecipient& recipient) {
    dsn::RecipientReport report;
    report.original_recipient = dsn::recipient_address(recipient.original);
    report.final_recipient = recipient.address;
    report.action = dsn::Action::Failed;
    dsn::set_diagnostic(report, recipient.reply.line());
    if (const auto& status = recipient.reply.status(); status.has_value()) {
        report.status = status;
    }
    return report;
}

/// The value with CRLF line ends; milters fold by "\n\t".
std::string with_wire_ends(const std::string& value) {
    std::string text;
    for (const char c : value) {
        text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    }
    return text;
}

}  // namespace

std::string own_dsn_marks(const letters::ReturnDsnFacts& facts, const Snapshot& snapshot) {
    dsn::Report report;
    report.kind = dsn::MessageKind::Dsn;
    report.reporting_mta = facts.reporting_mta;
    for (const letters::ReturnedRecipient& recipient : facts.recipients) {
        report.recipients.push_back(report_of(recipient));
    }
    dsn::Understanding understanding =
        dsn::classify(std::move(report), snapshot.knowledge, snapshot.codes);
    for (std::size_t i = 0; i < facts.recipients.size(); ++i) {
        if (facts.recipients[i].code != terms::kUnknownFailure) {
            understanding.recipients.at(i).code = facts.recipients[i].code;
            understanding.recipients[i].rule.clear();
        }
    }
    understanding.code = dsn::gravest(understanding.recipients, snapshot.codes);
    const std::vector<terms::Proof> proofs(facts.recipients.size(), terms::Proof::Local);
    const auto extensions =
        snapshot.settings.codes.extensions ? dsn::Extensions::On : dsn::Extensions::Off;
    std::string text;
    for (const dsn::AddedField& field :
         dsn::tag(understanding, proofs, snapshot.codes, extensions, {}).added) {
        text += fmt::format("{}: {}\r\n", field.name, with_wire_ends(field.value));
    }
    return text;
}

}  // namespace holdback::flow

// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/bounces/classify_output.hpp"

#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "flow/snapshot.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::milter::ctl {

namespace {

/// Shows codes in the form that the settings want.
class ShownCodes {
public:
    explicit ShownCodes(const flow::Snapshot& snapshot) : snapshot_(snapshot) {}

    [[nodiscard]] terms::FailureCode code(terms::FailureCode code) const {
        return snapshot_.codes.shown_as(code, snapshot_.settings.codes.extensions);
    }
    /// nullptr when the catalogue lacks it.
    [[nodiscard]] const terms::CodeEntry* entry(terms::FailureCode code) const {
        return snapshot_.codes.find(this->code(code));
    }
    [[nodiscard]] std::string words(terms::FailureCode code) const {
        const terms::CodeEntry* found = entry(code);
        return fmt::format("{} {}",
                           this->code(code).number(),
                           found == nullptr ? "(not in the catalogue)" : found->name);
    }

private:
    const flow::Snapshot& snapshot_;
};

Json as_json(const dsn::ClassifiedRecipient& recipient, const ShownCodes& shown) {
    const terms::CodeEntry* entry = shown.entry(recipient.code);
    const dsn::RecipientReport& report = recipient.report;
    return {
        {"recipient", report.recipient()},
        {"code", shown.code(recipient.code).number()},
        {"name", entry == nullptr ? Json(nullptr) : Json(entry->name)},
        {"class", entry == nullptr ? Json(nullptr) : Json(wire_name(entry->failure_class))},
        {"action", wire_name(report.action)},
        {"status", report.status.has_value() ? Json(report.status->text()) : Json(nullptr)},
        {"reply", report.reply.has_value() ? Json(report.reply->line()) : Json(nullptr)},
        {"diagnostic", text_or_null(report.diagnostic)},
        {"remote_mta", text_or_null(report.remote_mta)},
        {"rule", text_or_null(recipient.rule)},
        {"evidence", text_or_null(recipient.evidence)},
        {"doubt", text_or_null(recipient.doubt)},
    };
}

std::string json_text(const std::string& name,
                      const dsn::Understanding& understanding,
                      const ShownCodes& shown) {
    Json recipients = Json::array();
    for (const dsn::ClassifiedRecipient& recipient : understanding.recipients) {
        recipients.push_back(as_json(recipient, shown));
    }
    return json_line({
        {"file", name},
        {"kind", wire_name(understanding.report.kind)},
        {"code",
         understanding.code.has_value() ? Json(shown.code(*understanding.code).number())
                                        : Json(nullptr)},
        {"recipients", std::move(recipients)},
        // A file does not tell how the message arrived.
        {"proof", wire_name(terms::Proof::Unproven)},
    });
}

std::string human_text(const std::string& name,
                       const dsn::Understanding& understanding,
                       const ShownCodes& shown) {
    std::string text =
        fmt::format("{}: {}", for_people(name), wire_name(understanding.report.kind));
    if (understanding.code.has_value()) {
        text += ' ' + shown.words(*understanding.code);
    }
    text += fmt::format(
        " ({})\n", for_people(fmt::format("{}", fmt::join(understanding.report.reasons, "; "))));
    const auto out = std::back_inserter(text);
    for (const dsn::ClassifiedRecipient& recipient : understanding.recipients) {
        const dsn::RecipientReport& report = recipient.report;
        fmt::format_to(out,
                       "    {}  {}  {}\n",
                       for_people(report.recipient()),
                       shown.words(recipient.code),
                       wire_name(report.action));
        if (!report.diagnostic.empty()) {
            constexpr std::size_t kMostDiagnostic = 300;
            fmt::format_to(out, "        {}\n", for_people(report.diagnostic, kMostDiagnostic));
        }
        if (!recipient.rule.empty()) {
            fmt::format_to(out, "        rule {}\n", for_people(recipient.rule));
        }
        if (!recipient.evidence.empty()) {
            fmt::format_to(out, "        {}\n", for_people(recipient.evidence));
        }
        if (!recipient.doubt.empty()) {
            fmt::format_to(out, "        not certain: {}\n", for_people(recipient.doubt));
        }
    }
    return text;
}

}  // namespace

std::string classified_text(const std::string& name,
                            const dsn::Understanding& understanding,
                            const flow::Snapshot& snapshot,
                            OutputForm form) {
    const ShownCodes shown(snapshot);
    return form == OutputForm::Json ? json_text(name, understanding, shown)
                                    : human_text(name, understanding, shown);
}

}  // namespace holdback::milter::ctl

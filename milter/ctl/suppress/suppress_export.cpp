// SPDX-License-Identifier: Apache-2.0
// `holdbackctl suppress export`
#include "core/clock.hpp"
#include "lists/access_map.hpp"
#include "lists/list_rows.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress.hpp"
#include "milter/ctl/suppress/suppress_shared.hpp"
#include "ports/suppression_store.hpp"
#include "terms/suppression.hpp"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using terms::SubjectKind;
using terms::SuppressionEntry;

/// Writes entries in one form, and counts those that the form cannot express.
class Exporter {
public:
    Exporter(const CommandContext& context, const OpenList& list, ExportForm form)
        : context_(context), list_(list), form_(form), now_(context.clock.now()) {
        if (form_ == ExportForm::Csv) {
            context_.out << csv_head();
        }
    }

    void add(const SuppressionEntry& entry) {
        const lists::AccessLines text = text_of(entry);
        if (!text.has_value()) {
            ++skipped_[text.error()];
            return;
        }
        ++written_;
        context_.out << *text;
    }

    void say_what_was_skipped() const {
        for (const auto& [why, count] : skipped_) {
            context_.err << fmt::format("holdbackctl: {} not written: {}\n",
                                        counted(count, "entry", "entries"),
                                        lists::plain_words(why));
        }
    }
    [[nodiscard]] bool any() const { return written_ > 0; }

private:
    [[nodiscard]] lists::AccessLines text_of(const SuppressionEntry& entry) const {
        switch (form_) {
            case ExportForm::Csv:
            case ExportForm::JsonLines:
                if (entry.form == terms::SubjectForm::Hashed) {
                    return std::unexpected(lists::NoLine::Hashed);
                }
                return form_ == ExportForm::Csv ? lists::own_row(entry)
                                                : json_line(entry_json(entry, now_));
            case ExportForm::Postfix:
                return has_domain_of_its_own(entry) ? dotted_line(entry)
                                                    : lists::postfix_lines(entry);
            case ExportForm::Sendmail:
                return has_domain_of_its_own(entry) ? std::string() : lists::sendmail_lines(entry);
        }
        std::unreachable();
    }

    /// True for a suffix whose domain has an entry too. That one is more specific, and a key may
    /// appear only once in a map.
    [[nodiscard]] bool has_domain_of_its_own(const SuppressionEntry& entry) const {
        if (entry.kind != SubjectKind::Suffix || entry.form == terms::SubjectForm::Hashed) {
            return false;
        }
        const auto domain = list_.entries->find(
            {.kind = SubjectKind::Domain, .subject = entry.subject.substr(1), .scope = {}});
        return domain.has_value() && domain->has_value() && (*domain)->holds_at(now_);
    }

    /// The second line of a suffix.
    [[nodiscard]] static lists::AccessLines dotted_line(const SuppressionEntry& entry) {
        auto lines = lists::postfix_lines(entry);
        if (lines.has_value()) {
            lines->erase(0, lines->find('\n') + 1);
        }
        return lines;
    }

    const CommandContext& context_;
    const OpenList& list_;
    ExportForm form_;
    core::TimePoint now_;
    std::uint64_t written_ = 0;
    std::map<lists::NoLine, std::uint64_t> skipped_;
};

}  // namespace

std::optional<ExportForm> parse_export_form(std::string_view name) {
    if (name == "csv") {
        return ExportForm::Csv;
    }
    if (name == "json") {
        return ExportForm::JsonLines;
    }
    if (name == "postfix") {
        return ExportForm::Postfix;
    }
    return name == "sendmail" ? std::optional(ExportForm::Sendmail) : std::nullopt;
}

CommandResult suppress_export(const CommandContext& context,
                              const SuppressSelection& selection,
                              ExportForm form) {
    if (auto error = unknown_code(context, selection.code)) {
        return std::unexpected(*std::move(error));
    }
    const core::TimePoint now = context.clock.now();
    auto filter = filter_of(selection, now);
    if (!filter.has_value()) {
        return std::unexpected(filter.error());
    }
    // CSV and JSON show the state of an entry; a map cannot express it.
    filter->with_inactive = form == ExportForm::Csv || form == ExportForm::JsonLines;
    const auto list = open_list(context, StoreUse::Read);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    Exporter exporter(context, *list, form);
    const auto visited = visit_entries(*list, *filter, now, [&](const SuppressionEntry& entry) {
        exporter.add(entry);
        return context.out.good();
    });
    if (!visited.has_value()) {
        return std::unexpected(visited.error());
    }
    exporter.say_what_was_skipped();
    return exporter.any() ? Exit::Done : Exit::No;
}

}  // namespace holdback::milter::ctl

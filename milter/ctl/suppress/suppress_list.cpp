// SPDX-License-Identifier: Apache-2.0
// `holdbackctl suppress list` and `suppress stats`
#include "core/clock.hpp"
#include "core/safe_text.hpp"
#include "io/sqlite/sqlite_suppression_list.hpp"
#include "lists/list_rows.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress.hpp"
#include "milter/ctl/suppress/suppress_shared.hpp"
#include "terms/suppression.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using terms::SuppressionEntry;
using terms::SuppressionReason;

/// Entries per table. A long list comes in several tables, each with a head.
constexpr std::size_t kTableRows = 1000;

class ListWriter {
public:
    ListWriter(const CommandContext& context, EntryForm form)
        : context_(context), form_(form), now_(context.clock.now()) {
        if (form_ == EntryForm::Csv && !context_.json()) {
            context_.out << csv_head();
        }
    }

    void add(const SuppressionEntry& entry) {
        any_ = true;
        if (context_.json()) {
            write_json(context_.out, entry_json(entry, now_));
        } else if (form_ == EntryForm::Csv) {
            context_.out << lists::own_row(entry);
        } else {
            add_row(entry);
        }
    }
    void finish() {
        if (!table_.empty()) {
            table_.write(context_.out);
        }
        rows_ = 0;
        table_ = empty_table();
    }
    [[nodiscard]] bool any() const { return any_; }

private:
    static Table empty_table() {
        return Table({"SUBJECT",
                      "REASON",
                      "CODE",
                      "SCOPE",
                      "SOURCE",
                      "PROOF",
                      "LAST SEEN (UTC)",
                      "EXPIRES (UTC)",
                      "STANDING",
                      "NOTE"});
    }

    void add_row(const SuppressionEntry& entry) {
        constexpr std::size_t kMostNote = 60;
        const bool learned = entry.source == terms::SuppressionSource::Learned;
        table_.add({entry.subject,
                    std::string(wire_name(entry.reason)),
                    code_text(entry),
                    entry.scope.text(),
                    std::string(wire_name(entry.source)),
                    learned ? std::string(wire_name(entry.proof)) : "",
                    short_time(entry.last_seen),
                    entry.expires.has_value() ? short_time(*entry.expires) : "never",
                    std::string(io::sqlite::wire_name(io::sqlite::standing_of(entry, now_))),
                    entry.diagnostic.substr(0, kMostNote)});
        if (++rows_ == kTableRows) {
            finish();
        }
    }

    const CommandContext& context_;
    EntryForm form_;
    core::TimePoint now_;
    Table table_ = empty_table();
    std::size_t rows_ = 0;
    bool any_ = false;
};

/// A count under a heading. `by` is the heading, such as "reason".
struct CountRow {
    std::string by;
    std::string name;
    std::uint64_t entries;
};

std::vector<CountRow> count_rows(const io::sqlite::SuppressionStatistics& statistics) {
    std::vector<CountRow> rows;
    std::uint64_t all = 0;
    std::uint64_t hashed = 0;
    for (const io::sqlite::SuppressionGroup& group : statistics.groups) {
        all += group.entries;
        hashed += group.is_hashed ? group.entries : 0;
    }
    rows.push_back({"all", "entries", all});
    rows.push_back({"all", "hashed", hashed});
    const auto add = [&](const std::string& by, const auto& name_of) {
        std::map<std::string, std::uint64_t> counts;
        for (const io::sqlite::SuppressionGroup& group : statistics.groups) {
            if (const std::string name = name_of(group); !name.empty()) {
                counts[name] += group.entries;
            }
        }
        for (const auto& [name, entries] : counts) {
            rows.push_back({by, name, entries});
        }
    };
    add("standing",
        [](const auto& group) { return std::string(io::sqlite::wire_name(group.standing)); });
    add("reason", [](const auto& group) { return std::string(wire_name(group.reason)); });
    add("code", [](const auto& group) {
        return group.reason == SuppressionReason::Allow ? "" : fmt::format("{}", group.code);
    });
    add("source", [](const auto& group) { return std::string(wire_name(group.source)); });
    add("proof", [](const auto& group) {
        return group.source == terms::SuppressionSource::Learned
                   ? std::string(wire_name(group.proof))
                   : std::string();
    });
    for (const io::sqlite::DomainCount& domain : statistics.domains) {
        rows.push_back({"domain", domain.domain, domain.entries});
    }
    return rows;
}

}  // namespace

CommandResult suppress_list(const CommandContext& context,
                            const SuppressSelection& selection,
                            EntryForm form) {
    if (auto error = unknown_code(context, selection.code)) {
        return std::unexpected(*std::move(error));
    }
    const core::TimePoint now = context.clock.now();
    const auto filter = filter_of(selection, now);
    if (!filter.has_value()) {
        return std::unexpected(filter.error());
    }
    const auto list = open_list(context, StoreUse::Read);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    ListWriter writer(context, form);
    const auto visited = visit_entries(*list, *filter, now, [&](const SuppressionEntry& entry) {
        writer.add(entry);
        return context.out.good();
    });
    if (!visited.has_value()) {
        return std::unexpected(visited.error());
    }
    if (!writer.any()) {
        context.err << "holdbackctl: no such entries\n";
        return Exit::No;
    }
    writer.finish();
    return Exit::Done;
}

CommandResult suppress_stats(const CommandContext& context, std::size_t domains, EntryForm form) {
    const auto list = open_list(context, StoreUse::Read);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    const auto statistics =
        io::sqlite::entry_statistics(*list->database, context.clock.now(), domains);
    if (!statistics.has_value()) {
        return std::unexpected(store_error(statistics.error().what));
    }
    const std::vector<CountRow> rows = count_rows(*statistics);
    if (form == EntryForm::Csv && !context.json()) {
        context.out << "by,name,entries\n";
    }
    Table table({"BY", "NAME", "ENTRIES"});
    for (const CountRow& row : rows) {
        if (context.json()) {
            write_json(context.out, {{"by", row.by}, {"name", row.name}, {"entries", row.entries}});
        } else if (form == EntryForm::Csv) {
            const std::array cells{row.by, row.name, fmt::format("{}", row.entries)};
            context.out << core::csv_row(cells, {.line_end = "\n"});
        } else {
            table.add({row.by, row.name, fmt::format("{}", row.entries)});
        }
    }
    if (!table.empty()) {
        table.write(context.out);
    }
    return Exit::Done;
}

}  // namespace holdback::milter::ctl

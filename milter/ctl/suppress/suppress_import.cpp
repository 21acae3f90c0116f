// SPDX-License-Identifier: Apache-2.0
// `holdbackctl suppress import`
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/suppression_import.hpp"
#include "lists/address_column.hpp"
#include "lists/list_format.hpp"
#include "lists/list_rows.hpp"
#include "lists/list_shape.hpp"
#include "lists/row_reader.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/progress.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/suppress/suppress.hpp"
#include "milter/ctl/suppress/suppress_json.hpp"
#include "milter/ctl/suppress/suppress_shared.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::milter::ctl {

namespace {

using terms::SuppressionEntry;

/// How many bad lines are reported in full.
constexpr std::uint64_t kShownBadLines = 20;

/// How many words have a sum of their own; all others share one.
constexpr std::size_t kMostWords = 20;

using CountByWord = std::map<std::string, std::uint64_t, std::less<>>;

void count_word(CountByWord& counts, std::string_view word) {
    const bool has_room = counts.size() < kMostWords || counts.contains(word);
    ++counts[std::string(has_room ? word : "others")];
}

/// Counts of the rows of all files.
struct Tally {
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
    std::uint64_t counted = 0;         ///< soft bounces among the good rows
    std::uint64_t unknown_status = 0;  ///< bad rows with an unknown status
    std::uint64_t passed_over = 0;
    CountByWord reasons;     ///< good rows without soft bounces, by reason
    CountByWord passed_by;   ///< rows that were passed over, by their word
    CountByWord unknown_by;  ///< unknown words, with their column
    std::set<std::string, std::less<>> formats;
    std::set<std::string, std::less<>> columns;  ///< in which addresses were found
};

/// The parser of JSON rows. It is kept while the member names stay the same.
class JsonParsers {
public:
    JsonParsers(const SuppressImportOptions& options, lists::RowDefaults defaults)
        : options_(options), defaults_(defaults) {}

    /// The error lists the members that may hold the address.
    core::Result<const lists::RowParser*, lists::ColumnError> parser_for(const JsonRow& row,
                                                                         Tally& tally) {
        auto shape =
            lists::recognize_object(row.names, row.values, options_.format, options_.column);
        if (!shape.has_value()) {
            return std::unexpected(std::move(shape.error()));
        }
        if (!parser_.has_value() || row.names != names_ || shape->address != address_) {
            names_ = row.names;
            address_ = shape->address;
            tally.formats.emplace(lists::wire_name(shape->format));
            tally.columns.insert(shape->address_name);
            parser_.emplace(*std::move(shape), defaults_);
        }
        return &*parser_;
    }

private:
    const SuppressImportOptions& options_;
    lists::RowDefaults defaults_;
    std::vector<std::string> names_;
    std::size_t address_ = 0;
    std::optional<lists::RowParser> parser_;
};

class ImportReader {
public:
    ImportReader(const CommandContext& context,
                 const OpenList& list,
                 const SuppressImportOptions& options,
                 io::sqlite::SuppressionImport& import)
        : context_(context), list_(list), options_(options), import_(import) {
        defaults_.now = context.clock.now();
        defaults_.reason = options.reason;
        defaults_.soft = options.soft;
    }

    [[nodiscard]] std::optional<CommandError> read(const std::string& path) {
        std::ifstream file;
        std::optional<std::uintmax_t> size;
        if (path != "-") {
            std::error_code error;
            file.open(path, std::ios::binary);
            if (!file.is_open() || std::filesystem::is_directory(path, error)) {
                return CommandError{Exit::Usage, fmt::format("{}: can't be read", path)};
            }
            const std::uintmax_t octets = std::filesystem::file_size(path, error);
            size = error ? std::nullopt : std::optional(octets);
        }
        name_ = path == "-" ? "standard input" : path;
        std::istream& in = path == "-" ? std::cin : file;
        Progress progress(context_, "lines read", size);
        auto error = is_json(in) ? read_json(in) : read_rows(in, progress);
        if (!error.has_value() && in.bad()) {
            return CommandError{Exit::Unavailable, fmt::format("{}: read error", path)};
        }
        return error;
    }

    [[nodiscard]] const Tally& tally() const { return tally_; }

    /// An error when the list has status words but none of them is known.
    [[nodiscard]] std::optional<CommandError> refusal() const {
        if (tally_.unknown_status == 0 || tally_.good > 0 || tally_.passed_over > 0) {
            return std::nullopt;
        }
        std::string words;
        for (const auto& [word, rows] : tally_.unknown_by) {
            words += fmt::format("{}{}", words.empty() ? "" : ", ", word);
        }
        return CommandError{Exit::Usage,
                            fmt::format("nothing was imported: none of the status words is known "
                                        "({}); say with --reason what such rows mean",
                                        words)};
    }

    void say_how_many_more() const {
        if (!options_.verbose && tally_.bad > kShownBadLines) {
            context_.err << fmt::format(
                "holdbackctl: {} more; --verbose shows all\n",
                counted(tally_.bad - kShownBadLines, "bad line", "bad lines"));
        }
    }

private:
    std::optional<CommandError> read_rows(std::istream& in, Progress& progress) {
        lists::RowReader rows([&in](std::span<char> space) {
            return static_cast<std::size_t>(
                in.rdbuf()->sgetn(space.data(), static_cast<std::streamsize>(space.size())));
        });
        const std::string_view text = rows.peek(lists::kLookedAtOctets);
        const auto shape = lists::recognize(text, options_.format, options_.column);
        if (!shape.has_value()) {
            return CommandError{Exit::Usage, no_columns(shape.error())};
        }
        const bool is_told = shape->has_header || shape->format != lists::ListFormat::Csv;
        if (!is_told && !options_.reason.has_value()) {
            return CommandError{Exit::Usage,
                                fmt::format("{}: its first line names no columns, so the meaning "
                                            "of the rows is not known; give it by --reason",
                                            name_)};
        }
        tally_.formats.emplace(lists::wire_name(shape->format));
        if (!shape->address_name.empty()) {
            tally_.columns.insert(shape->address_name);
        }
        if (lists::is_separator_line(text.substr(0, text.find_first_of("\r\n")))) {
            static_cast<void>(rows.next());
        }
        rows.separate_by(shape->separator);
        const lists::RowParser parser(*shape, defaults_);
        bool is_header = shape->has_header;
        constexpr std::size_t kBetweenLooks = 1024;
        while (rows.next()) {
            if (std::exchange(is_header, false)) {
                continue;
            }
            const auto trouble = rows.trouble();
            auto error = take(
                rows.line(),
                trouble.has_value()
                    ? lists::RowOutcome(lists::BadRow{std::string(lists::plain_words(*trouble))})
                    : parser.parse(rows.fields()),
                progress);
            if (error.has_value()) {
                return error;
            }
            if (rows.line() % kBetweenLooks == 0) {
                progress.show(rows.line(), rows.octets_read());
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::string no_columns(const lists::ColumnError& error) const {
        const std::string list = name_;
        if (error.trouble == lists::ColumnTrouble::NotThere) {
            return fmt::format(
                "{}: there is no column of addresses{}; {}",
                list,
                options_.column.has_value()
                    ? fmt::format(" {}", core::in_quotes(*options_.column))
                    : fmt::format(", which {} has", options_.format.value_or("a list")),
                column_words(error));
        }
        return fmt::format("{}: {}", list, column_words(error));
    }

    std::optional<CommandError> read_json(std::istream& in) {
        JsonParsers parsers(options_, defaults_);
        Progress progress(context_, "objects read", std::nullopt);
        std::optional<CommandError> error;
        std::size_t number = 0;
        const auto trouble = read_json_rows(in, options_.column, [&](const JsonRow& row) {
            ++number;
            if (error.has_value()) {
                return;
            }
            const auto parser = parsers.parser_for(row, tally_);
            error = parser.has_value()
                        ? take(number, (*parser)->parse(row.values), progress)
                        : std::optional(CommandError{Exit::Usage, no_columns(parser.error())});
            progress.show(number, 0);
        });
        if (options_.column.has_value() && number == 0 && !trouble.has_value()) {
            return CommandError{
                Exit::Usage,
                fmt::format(
                    "{}: no object has a member {}", name_, core::in_quotes(*options_.column))};
        }
        if (trouble.has_value() && !error.has_value()) {
            report_bad(number + 1, *trouble, progress);
        }
        return error;
    }

    void report_bad(std::size_t line, std::string_view why, Progress& progress) {
        if (++tally_.bad <= kShownBadLines || options_.verbose) {
            progress.hide();
            context_.err << fmt::format(
                "holdbackctl: {}:{}: {}\n", for_people(name_), line, for_people(why));
        }
    }

    std::optional<CommandError> take(std::size_t line,
                                     lists::RowOutcome outcome,
                                     Progress& progress) {
        if (const auto* const bad = std::get_if<lists::BadRow>(&outcome)) {
            report_bad(line, bad->why, progress);
            return std::nullopt;
        }
        if (const auto* const unknown = std::get_if<lists::UnknownStatus>(&outcome)) {
            ++tally_.unknown_status;
            count_word(
                tally_.unknown_by,
                fmt::format("{} in column {}", core::in_quotes(unknown->word), unknown->column));
            report_bad(line,
                       fmt::format("{} is not known as {}; say with --reason what such rows mean",
                                   core::in_quotes(unknown->word),
                                   unknown->column),
                       progress);
            return std::nullopt;
        }
        if (const auto* const passed = std::get_if<lists::PassedOver>(&outcome)) {
            ++tally_.passed_over;
            count_word(tally_.passed_by, passed->what);
            return std::nullopt;
        }
        auto* const entry = std::get_if<SuppressionEntry>(&outcome);
        if (entry == nullptr) {
            return std::nullopt;
        }
        if (options_.scope.scope.has_value() || options_.scope.sender.has_value()) {
            const auto scope = scope_for(entry->reason);
            if (!scope.has_value()) {
                return scope.error();
            }
            entry->scope = *scope;
        }
        ++tally_.good;
        if (entry->active) {
            count_word(tally_.reasons, wire_name(entry->reason));
        } else {
            ++tally_.counted;
        }
        const auto added = import_.add(*entry);
        return added.has_value() ? std::nullopt : std::optional(store_error(added.error().what));
    }

    [[nodiscard]] const core::Result<terms::SuppressionScope, CommandError>& scope_for(
        terms::SuppressionReason reason) {
        const auto known = scopes_.find(reason);
        return known != scopes_.end()
                   ? known->second
                   : scopes_
                         .emplace(reason,
                                  scope_of_new(options_.scope, reason, list_.settings.learn.scope))
                         .first->second;
    }

    const CommandContext& context_;
    const OpenList& list_;
    const SuppressImportOptions& options_;
    io::sqlite::SuppressionImport& import_;
    lists::RowDefaults defaults_;
    std::string name_;
    Tally tally_;
    std::map<terms::SuppressionReason, core::Result<terms::SuppressionScope, CommandError>> scopes_;
};

/// "3 bounce, 1 complaint"
std::string sums_text(const CountByWord& counts) {
    std::string text;
    for (const auto& [word, rows] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", rows, for_people(word));
    }
    return text;
}

Json as_json(const CountByWord& counts) {
    Json object = Json::object();
    for (const auto& [word, rows] : counts) {
        object.set(word, rows);
    }
    return object;
}

void write_objects(const CommandContext& context,
                   const Tally& tally,
                   const io::sqlite::ImportCounts& counts,
                   bool dry_run) {
    write_json(context.out,
               {{"formats", Json::array_of(tally.formats)},
                {"columns", Json::array_of(tally.columns)},
                {"dry_run", dry_run},
                {"good", tally.good},
                {"by_reason", as_json(tally.reasons)},
                {"soft_counted", tally.counted},
                {"bad", tally.bad},
                {"unknown_status", tally.unknown_status},
                {"passed_over", tally.passed_over},
                {"passed_over_by", as_json(tally.passed_by)},
                {"added", counts.added},
                {"replaced", counts.replaced},
                {"already_there", counts.kept},
                {"repeated", counts.repeated}});
}

void write_summary(const CommandContext& context,
                   const Tally& tally,
                   const io::sqlite::ImportCounts& counts,
                   bool dry_run) {
    if (context.json()) {
        write_objects(context, tally, counts, dry_run);
        return;
    }
    context.out << fmt::format(
        "{}{} added, {} replaced, {} already there, {} repeated in the list, {} passed over, {} "
        "bad (format: {})\n",
        dry_run ? "would be: " : "",
        counts.added,
        counts.replaced,
        counts.kept,
        counts.repeated,
        tally.passed_over,
        counted(tally.bad, "line", "lines"),
        fmt::join(tally.formats, ", "));
    if (!tally.columns.empty()) {
        context.out << fmt::format("addresses: column {}\n",
                                   for_people(fmt::format("{}", fmt::join(tally.columns, ", "))));
    }
    if (tally.good > 0) {
        const std::string strikes =
            tally.counted == 0 ? ""
                               : fmt::format("{}{} counted as a strike",
                                             tally.reasons.empty() ? "" : ", ",
                                             counted(tally.counted, "soft bounce", "soft bounces"));
        context.out << fmt::format("by reason: {}{}\n", sums_text(tally.reasons), strikes);
    }
    if (tally.passed_over > 0) {
        context.out << fmt::format("passed over: {}\n", sums_text(tally.passed_by));
    }
    if (tally.unknown_status > 0) {
        context.out << fmt::format("not known: {}\n", sums_text(tally.unknown_by));
    }
}

}  // namespace

CommandResult suppress_import(const CommandContext& context, const SuppressImportOptions& options) {
    const auto list =
        options.dry_run ? open_list_or_empty(context) : open_list(context, StoreUse::Import);
    if (!list.has_value()) {
        return std::unexpected(list.error());
    }
    const bool hash = options.hash || list->settings.store.hash;
    io::sqlite::SuppressionImport import(
        *list->database,
        *list->entries,
        {.form = hash ? terms::SubjectForm::Hashed : terms::SubjectForm::Plain,
         .existing = options.replace ? io::sqlite::Existing::Replace : io::sqlite::Existing::Keep,
         .dry_run = options.dry_run,
         .name = for_people(fmt::format("{}", fmt::join(options.files, ", ")))},
        context.clock.now());
    ImportReader reader(context, *list, options, import);
    for (const std::string& file : options.files) {
        if (auto error = reader.read(file)) {
            return std::unexpected(*std::move(error));
        }
    }
    if (auto error = reader.refusal()) {
        return std::unexpected(*std::move(error));
    }
    core::Result<io::sqlite::ImportCounts, ports::StoreError> counts;
    {
        // The length of the work is known in entries, not in octets.
        Progress progress(context, "entries written", import.count());
        counts = import.finish(
            [&](std::uint64_t done) { progress.show(static_cast<std::size_t>(done), done); });
    }
    if (!counts.has_value()) {
        return std::unexpected(store_error(counts.error().what));
    }
    reader.say_how_many_more();
    write_summary(context, reader.tally(), *counts, options.dry_run);
    return reader.tally().bad == 0 ? Exit::Done : Exit::No;
}

}  // namespace holdback::milter::ctl

// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/history/report.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/outage.hpp"
#include "flow/incoming/outcome_learning.hpp"
#include "flow/snapshot.hpp"
#include "io/sqlite/report_reader.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_lessons.hpp"
#include "mail/loopback_relay.hpp"
#include "mail/outcome.hpp"
#include "mail/transport.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/progress.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/ctl/time.hpp"
#include "ports/suppression_store.hpp"
#include "report/html_report.hpp"
#include "report/summary.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using report::Fate;

/// How many lines the tables of providers and senders have.
constexpr std::size_t kMostRows = 20;
/// How many different answers are remembered with their code.
constexpr std::size_t kMostAnswers = 20'000;

Fate fate_of(mail::DeliveryResult result) {
    switch (result) {
        case mail::DeliveryResult::Sent:
            return Fate::Sent;
        case mail::DeliveryResult::Deferred:
            return Fate::Deferred;
        case mail::DeliveryResult::Bounced:
            return Fate::Bounced;
    }
    return Fate::Deferred;
}

Fate fate_of(terms::HeldState state) {
    switch (state) {
        case terms::HeldState::Held:
        case terms::HeldState::Releasing:
            return Fate::Held;
        case terms::HeldState::Released:
            return Fate::Released;
        case terms::HeldState::Returned:
            return Fate::Returned;
        case terms::HeldState::Discarded:
            return Fate::Discarded;
    }
    return Fate::Held;
}

/// True for a final outcome of outgoing mail by SMTP. Handing mail to a filter on this host is not
/// final: another outcome follows. A refusal by a filter is.
bool is_counted(const mail::MtaOutcome& outcome, const config::MaillogSettings& settings) {
    if (mail::is_local_transport(outcome.mailer)) {
        return false;
    }
    return outcome.result == mail::DeliveryResult::Bounced ||
           !mail::was_handed_on_here(outcome, settings.handed_on);
}

/// Gives bounces their codes by the rules in force. Remembers answers: many are alike.
class BounceCodes {
public:
    explicit BounceCodes(const flow::Snapshot& snapshot) : snapshot_(&snapshot) {}

    terms::FailureCode code_of(const mail::MtaOutcome& outcome) {
        std::string answer = fmt::format("{}\n{}\n{}",
                                         outcome.relay,
                                         outcome.status.has_value() ? outcome.status->text() : "",
                                         outcome.text);
        if (const auto known = known_.find(answer); known != known_.end()) {
            return known->second;
        }
        const dsn::Understanding understood = dsn::classify(
            flow::incoming::report_of(outcome), snapshot_->knowledge, snapshot_->codes);
        const terms::FailureCode code = snapshot_->codes.shown_as(
            understood.recipients.front().code, snapshot_->settings.codes.extensions);
        if (known_.size() < kMostAnswers) {
            known_.emplace(std::move(answer), code);
        }
        return code;
    }

    [[nodiscard]] std::string_view name_of(terms::FailureCode code) const {
        const terms::CodeEntry* entry = snapshot_->codes.find(code);
        return entry == nullptr ? std::string_view("unknown") : entry->name;
    }

private:
    const flow::Snapshot* snapshot_;
    std::unordered_map<std::string, terms::FailureCode> known_;
};

/// Adds the rows of the store to the sums.
class Gatherer {
public:
    Gatherer(const flow::Snapshot& snapshot, report::SummaryBuilder& sums)
        : snapshot_(&snapshot), sums_(&sums), codes_(snapshot) {}

    void take(const io::sqlite::OutcomeRow& row) {
        const mail::MtaOutcome& outcome = row.outcome;
        if (!is_counted(outcome, snapshot_->settings.maillog)) {
            return;
        }
        const Fate fate = fate_of(outcome.result);
        const std::string sender =
            core::to_lower(outcome.sender.value_or(std::string(report::kNotTold)));
        sums_->add({.at = outcome.at,
                    .fate = fate,
                    .provider = row.provider,
                    .domain = row.domain,
                    .sender = sender});
        if (fate == Fate::Bounced) {
            const terms::FailureCode code = codes_.code_of(outcome);
            sums_->add_code(fate, code.number(), codes_.name_of(code));
        }
    }

    void take(const io::sqlite::HeldRow& row) {
        const Fate fate = row.is_new ? Fate::Held : fate_of(row.to);
        add(row, fate);
        sums_->add_cause(fate, row.finding);
        if (fate == Fate::Held) {
            sums_->add_code(fate, row.code.number(), codes_.name_of(row.code));
        }
    }

    void take(const io::sqlite::DecisionRow& row) {
        sums_->add_decision(row.mode, row.verdict, row.reason);
        if (row.mode == config::Mode::Enforce && row.verdict == config::PolicyAction::Reject &&
            !row.is_held) {
            add(row, Fate::Refused);
        }
    }

private:
    template <typename Row>
    void add(const Row& row, Fate fate) {
        const std::string sender = core::to_lower(row.sender);
        sums_->add(
            {.at = row.at, .fate = fate, .provider = {}, .domain = row.domain, .sender = sender});
    }

    const flow::Snapshot* snapshot_;
    report::SummaryBuilder* sums_;
    BounceCodes codes_;
};

core::Result<report::Summary, CommandError> sum_up(const CommandContext& context,
                                                   const flow::Snapshot& snapshot,
                                                   io::sqlite::Database& database,
                                                   core::TimePoint since) {
    // Include events of this very moment.
    const core::TimePoint until = context.clock.now() + std::chrono::milliseconds(1);
    report::SummaryBuilder sums(since, until);
    Gatherer gatherer(snapshot, sums);
    Progress progress(context, "rows", std::nullopt);
    std::size_t rows = 0;
    const auto take = [&](const auto& row) {
        gatherer.take(row);
        progress.show(++rows, 0);
    };
    const auto now = io::sqlite::read_report(
        database,
        since,
        until,
        {.outcome = take,
         .held = take,
         .decision = take,
         .growth = [&sums](core::TimePoint day,
                           terms::SuppressionReason reason,
                           std::size_t entries) { sums.add_growth(day, reason, entries); }});
    progress.hide();
    if (!now.has_value()) {
        return std::unexpected(store_error(now.error().what));
    }
    const auto outages = io::sqlite::SqliteOutages(database).list();
    if (!outages.has_value()) {
        return std::unexpected(store_error(outages.error().what));
    }
    for (const dsn::Outage& outage : *outages) {
        sums.add_outage(outage);
    }
    report::Summary summary = sums.finish(
        {.log_followed = snapshot.settings.maillog.is_followed(),
         .remembers_decisions = snapshot.settings.journal.decisions.count() > 0,
         .list = {.entries = now->suppression_entries, .in_force = now->suppression_in_force},
         .held_now = now->held},
        kMostRows);
    for (report::CodeRow& row : summary.by_code) {
        const auto code = terms::FailureCode::from_number(row.code);
        const terms::CodeEntry* const entry =
            code.has_value() ? snapshot.codes.find(*code) : nullptr;
        if (entry != nullptr) {
            row.meaning = entry->meaning;
            row.who = wire_name(entry->who);
        }
    }
    return summary;
}

/// Writes a temporary file and renames it, so that nobody sees half a report. A symbolic link at
/// the path is replaced, not followed. A device or a pipe is written to directly.
bool write_whole(const std::string& path, const std::string& text) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_symlink(status)) {
        std::ofstream file(path, std::ios::binary);
        file << text;
        file.close();
        return file.good();
    }
    std::string beside = path + ".XXXXXX";
    const int made = mkostemp(beside.data(), O_CLOEXEC);
    if (made < 0) {
        return false;
    }
    const mode_t mask = umask(0);
    umask(mask);
    const bool readable = fchmod(made, 0666 & ~mask) == 0;
    close(made);
    std::ofstream file(beside, std::ios::binary);
    file << text;
    file.close();
    if (readable && file.good() && std::rename(beside.c_str(), path.c_str()) == 0) {
        return true;
    }
    static_cast<void>(std::remove(beside.c_str()));
    return false;
}

std::optional<CommandError> write_html(const CommandContext& context,
                                       const std::string& path,
                                       const std::string& html) {
    if (path == "-") {
        context.out << html;
        return std::nullopt;
    }
    if (!write_whole(path, html)) {
        return CommandError{Exit::No, fmt::format("{}: cannot write the report", path)};
    }
    context.err << fmt::format("holdbackctl: the report is in {}\n", for_people(path));
    return std::nullopt;
}

}  // namespace

CommandResult make_report(const CommandContext& context, const ReportOptions& options) {
    const auto snapshot = load_tool_snapshot(context);
    if (!snapshot.has_value()) {
        return std::unexpected(snapshot.error());
    }
    const auto since = parse_when(options.since, context.clock.now());
    if (!since.has_value()) {
        return std::unexpected(since.error());
    }
    constexpr std::chrono::days kLongest{3660};
    if (*since > context.clock.now() || *since < context.clock.now() - kLongest) {
        return std::unexpected(
            CommandError{Exit::Usage, "--since: must be in the past, within ten years"});
    }
    const auto database = open_store((*snapshot)->settings.store, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    const auto summary = sum_up(context, **snapshot, **database, *since);
    if (!summary.has_value()) {
        return std::unexpected(summary.error());
    }
    if (options.html.has_value()) {
        if (auto error = write_html(context, *options.html, report::html_report(*summary))) {
            return std::unexpected(*std::move(error));
        }
    }
    if (!options.html.has_value() || (context.json() && options.html != "-")) {
        write_report(context, *summary);
    }
    return summary->is_empty() ? Exit::No : Exit::Done;
}

}  // namespace holdback::milter::ctl

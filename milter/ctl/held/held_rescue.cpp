// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/held/held_rescue.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_rescue.hpp"
#include "io/state/dir_spool.hpp"
#include "io/state/spool_file.hpp"
#include "io/state/spool_pair.hpp"
#include "io/state/use_lock.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"
#include "milter/spool_guard.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"
#include "terms/held_label.hpp"
#include "terms/spool_pair.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using Place = io::state::DirSpool::Place;

constexpr std::string_view kWhy =
    "the store was lost, or is a copy of an earlier time: it is not known whether this was "
    "released since; check the MTA's log before you release it";

/// Tells whether a daemon uses store and spool.
enum class Others : std::uint8_t {
    None,    ///< both are locked for us
    Daemon,  ///< a daemon has both
};

struct Locks {
    Others others = Others::None;
    std::vector<io::state::UseLock> ours;
};

core::Result<Locks, CommandError> take_locks(const config::Settings& settings) {
    auto store = io::state::lock_store(settings.store.path);
    auto spool = io::state::lock_spool(settings.hold.spool);
    for (const auto* const lock : {&store, &spool}) {
        if (!lock->has_value() && lock->error().why == io::state::UseError::Why::Trouble) {
            return std::unexpected(CommandError{Exit::Unavailable, lock->error().what});
        }
    }
    if (store.has_value() != spool.has_value()) {
        return std::unexpected(CommandError{
            Exit::Settings,
            fmt::format("another daemon uses {}: stop it, or set [store] path and [hold] spool to "
                        "those that belong together",
                        store.has_value() ? settings.hold.spool : settings.store.path)});
    }
    Locks locks;
    if (!store.has_value()) {
        locks.others = Others::Daemon;
        return locks;
    }
    locks.ours.push_back(*std::move(store));
    locks.ours.push_back(*std::move(spool));
    return locks;
}

/// What is to be done about one file.
struct Finding {
    enum class What : std::uint8_t {
        Listed,
        PutBack,  ///< the store names it, but it was set aside
        Known,
        NoLabel,
        Failed,
    };

    What what = What::Failed;
    std::string path;
    std::string text;
    std::optional<terms::HeldLabel> label;  ///< with those recipients that are listed
    std::vector<std::int64_t> items;
};

std::string_view wire_name(Finding::What what) {
    switch (what) {
        case Finding::What::Listed:
            return "listed";
        case Finding::What::PutBack:
            return "put-back";
        case Finding::What::Known:
            return "known";
        case Finding::What::NoLabel:
            return "no-label";
        case Finding::What::Failed:
            return "failed";
    }
    return "failed";
}

void write_finding(const CommandContext& context, const Finding& finding) {
    std::vector<std::string> recipients;
    if (finding.label.has_value()) {
        for (const terms::HeldRecipient& recipient : finding.label->recipients) {
            recipients.push_back(recipient.address);
        }
    }
    if (context.json()) {
        write_json(
            context.out,
            {{"file", finding.path},
             {"outcome", wire_name(finding.what)},
             {"sender",
              finding.label.has_value() ? Json(finding.label->message.sender) : Json(nullptr)},
             {"recipients", Json::array_of(recipients)},
             {"items", Json::array_of(finding.items)},
             {"text", text_or_null(finding.text)}});
        return;
    }
    std::string line = fmt::format("{}: {}", finding.path, wire_name(finding.what));
    if (!finding.text.empty()) {
        line += fmt::format(": {}", finding.text);
    }
    context.out << for_people(line) << '\n';
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const std::string number =
            i < finding.items.size() ? fmt::format("{}  ", finding.items[i]) : "";
        context.out << fmt::format("    {}{}\n", number, for_people(recipients[i]));
    }
}

class Rescue {
public:
    /// Without a database no file is known, and none can be listed.
    Rescue(io::state::DirSpool& spool, io::sqlite::Database* database, core::TimePoint now)
        : spool_(&spool), now_(now) {
        if (database != nullptr) {
            rows_.emplace(*database);
        }
    }

    [[nodiscard]] io::sqlite::SqliteRescue::File file_of(const std::string& spool_id) const {
        return rows_.has_value() ? rows_->file_of(spool_id)
                                 : io::sqlite::SqliteRescue::File::Unknown;
    }

    [[nodiscard]] Finding look_at(const io::state::DirSpool::Found& file) const {
        Finding finding{.path = file.path};
        switch (file_of(file.id)) {
            case io::sqlite::SqliteRescue::File::Unknown:
                break;
            case io::sqlite::SqliteRescue::File::Wanted:
                finding.what = Finding::What::PutBack;
                finding.text = "the store names it";
                return finding;
            case io::sqlite::SqliteRescue::File::Removed:
                finding.what = Finding::What::Known;
                finding.text = "all of it has ended";
                return finding;
        }
        const auto opened = io::state::SpoolFile::open(file.path);
        if (!opened.has_value()) {
            finding.text = "it can't be opened";
            return finding;
        }
        auto label = opened->label();
        if (!label.has_value()) {
            finding.text = label.error().what;
            return finding;
        }
        if (!label->has_value()) {
            finding.what = Finding::What::NoLabel;
            finding.text = fmt::format("{}: look at it, and send it by hand if it is to go",
                                       terms::explain(label->error()));
            return finding;
        }
        finding.label = **std::move(label);
        terms::HeldMessage& message = finding.label->message;
        const auto check = opened->check(message.octets, message.digest);
        if (!check.has_value()) {
            finding.text = check.error().what;
            return finding;
        }
        message.spool_id = file.id;
        message.damage = check->damage;
        leave_out_the_known(finding);
        return finding;
    }

    /// Does what `look_at` decided.
    void act(const io::state::DirSpool::Found& file, Finding& finding) {
        if (finding.what != Finding::What::Listed && finding.what != Finding::What::PutBack) {
            if (file.place == Place::Spool) {
                static_cast<void>(spool_->set_aside(file.id));
            }
            return;
        }
        if (const auto taken = spool_->take_back(file); !taken.has_value()) {
            finding.what = Finding::What::Failed;
            finding.text = taken.error().what;
            return;
        }
        if (finding.what == Finding::What::PutBack) {
            return;
        }
        if (!finding.label.has_value()) {
            return;
        }
        const terms::HeldLabel& label = *finding.label;
        finding.items = rows_.value().list(
            {.message = label.message, .recipients = label.recipients}, kWhy, now_);
    }

    std::size_t doubt_all() { return rows_.has_value() ? rows_->doubt_all(kWhy, now_) : 0; }

private:
    void leave_out_the_known(Finding& finding) const {
        if (!finding.label.has_value()) {
            return;
        }
        terms::HeldLabel& label = *finding.label;
        std::vector<terms::HeldRecipient>& recipients = label.recipients;
        std::string known;
        std::erase_if(recipients, [&](const terms::HeldRecipient& recipient) {
            if (recipient.state == terms::HeldState::Returned) {
                return true;  // refused at once: another DSN reports it
            }
            const auto item =
                rows_.has_value() ? rows_->find(label.message, recipient) : std::nullopt;
            if (item.has_value()) {
                known += fmt::format(
                    "{}item {} is {}", known.empty() ? "" : ", ", item->id, wire_name(item->state));
            }
            return item.has_value();
        });
        finding.text = label.message.damage;
        if (!recipients.empty()) {
            finding.what = Finding::What::Listed;
            return;
        }
        finding.what = Finding::What::Known;
        finding.text = known.empty() ? "no recipient of it was still to get it" : known;
    }

    io::state::DirSpool* spool_;
    core::TimePoint now_;
    std::optional<io::sqlite::SqliteRescue> rows_;
};

struct Sums {
    std::size_t messages = 0;
    std::size_t recipients = 0;
    std::size_t doubted = 0;
    std::size_t not_listed = 0;
};

/// Handles all files but those in their place that the store names; beside a daemon, only those set
/// aside.
core::Result<Sums, CommandError> rescue_files(const CommandContext& context,
                                              io::state::DirSpool& spool,
                                              Rescue& rescue,
                                              Others others,
                                              bool dry_run) {
    const auto files = spool.all();
    if (!files.has_value()) {
        return std::unexpected(store_error(files.error().what));
    }
    Sums sums;
    for (const io::state::DirSpool::Found& file : *files) {
        // A daemon's session writes the file before the row.
        if (file.place == Place::Spool &&
            (others == Others::Daemon ||
             rescue.file_of(file.id) == io::sqlite::SqliteRescue::File::Wanted)) {
            continue;
        }
        Finding finding = rescue.look_at(file);
        if (!dry_run) {
            rescue.act(file, finding);
        }
        if (finding.what == Finding::What::Listed && finding.label.has_value()) {
            ++sums.messages;
            sums.recipients += finding.label->recipients.size();
        }
        const bool is_left =
            finding.what == Finding::What::NoLabel || finding.what == Finding::What::Failed;
        sums.not_listed += is_left ? 1 : 0;
        write_finding(context, finding);
    }
    return sums;
}

void write_sums(const CommandContext& context, const Sums& sums, bool dry_run) {
    if (context.json()) {
        return;
    }
    context.out << fmt::format(
        "{} messages for {} recipients {} listed, in doubt{}{}\n",
        sums.messages,
        sums.recipients,
        dry_run ? "would be" : "were",
        sums.doubted == 0 ? ""
                          : fmt::format("; {} items of the store came into doubt", sums.doubted),
        sums.not_listed == 0 ? "" : fmt::format("; {} files were not listed", sums.not_listed));
}

core::Result<std::unique_ptr<io::sqlite::Database>, CommandError> open_rescue_store(
    const config::Settings& settings, bool dry_run) {
    return open_store(settings.store, dry_run ? StoreUse::ReadIfAny : StoreUse::Write);
}

core::Result<Exit, CommandError> run(const CommandContext& context,
                                     const config::Settings& settings,
                                     const Locks& locks,
                                     bool dry_run) {
    auto database = open_rescue_store(settings, dry_run);
    if (!database.has_value()) {
        return std::unexpected(std::move(database.error()));
    }
    io::state::DirSpool spool(settings.hold.spool, context.clock);
    bool is_pair = false;
    if (*database != nullptr) {
        io::sqlite::SqliteHeld held(**database);
        const auto state =
            terms::judge_pair(pair_facts(**database, held, spool, settings.hold.spool));
        is_pair = state == terms::PairState::Paired;
    }
    if (locks.others == Others::Daemon && !is_pair) {
        return std::unexpected(CommandError{
            Exit::Settings,
            "the store and the spool of the settings are in use and do not belong together: stop "
            "the daemons that use them"});
    }
    Rescue rescue(spool, database->get(), context.clock.now());
    std::size_t doubted = 0;
    if (!is_pair && !dry_run) {
        doubted = rescue.doubt_all();
    }
    auto sums = rescue_files(context, spool, rescue, locks.others, dry_run);
    if (!sums.has_value()) {
        return std::unexpected(std::move(sums.error()));
    }
    sums->doubted = doubted;
    if (!is_pair && !dry_run) {
        if (const auto made = io::state::make_pair(**database, settings.hold.spool);
            !made.has_value()) {
            return std::unexpected(store_error(made.error()));
        }
    }
    write_sums(context, *sums, dry_run);
    return sums->not_listed == 0 ? Exit::Done : Exit::No;
}

}  // namespace

CommandResult held_rescue(const CommandContext& context, const HeldRescueOptions& options) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    if (!std::filesystem::is_directory(settings->hold.spool)) {
        return std::unexpected(CommandError{
            Exit::Unavailable, fmt::format("{}: there is no spool", settings->hold.spool)});
    }
    auto locks = take_locks(*settings);
    if (!locks.has_value()) {
        return std::unexpected(std::move(locks.error()));
    }
    try {
        return run(context, *settings, *locks, options.dry_run);
    } catch (const std::exception& error) {
        return std::unexpected(store_error(error.what()));
    }
}

}  // namespace holdback::milter::ctl

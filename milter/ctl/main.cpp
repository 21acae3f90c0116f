// SPDX-License-Identifier: Apache-2.0
// The control tool: the command line and the wiring.

#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/settings/settings_file.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"
#include "milter/ctl/bounces/classify.hpp"
#include "milter/ctl/bounces/explain.hpp"
#include "milter/ctl/check/check.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/held/held.hpp"
#include "milter/ctl/held/held_rescue.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/list.hpp"
#include "milter/ctl/options.hpp"
#include "milter/ctl/out_file.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/seal.hpp"
#include "milter/ctl/store.hpp"
#include "milter/places.hpp"
#include "milter/version.hpp"
#include "reading/rule_set.hpp"
#include "terms/finding.hpp"
#include "terms/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using namespace holdback;
using namespace holdback::milter;
using namespace holdback::milter::ctl;

std::optional<mail::Address> parse_sender(std::string_view text) {
    const auto address = mail::Address::parse(text, mail::Smtputf8::Yes);
    return address.has_value() ? std::optional(address->value) : std::nullopt;
}

void add_check(CommandLine& line) {
    CLI::App& app = add_command(line.app, "check", "the verdict about addresses");
    const auto options = std::make_shared<CheckOptions>();
    const auto words = std::make_shared<Words>(app, "ADDRESS", "addresses to check");
    add_text(app, "--file", options->list, "check a list instead: CSV or lines, - for stdin");
    add_flag(
        app,
        "-0,--null",
        [options] { options->form = ListForm::Nul; },
        "the addresses of the list end with NUL");
    add_text(app, "--column", options->column, "the column of the addresses, by name or number");
    add_text(app, "--out", options->out, "write the list to this file, with the verdicts added");
    add_flag(
        app,
        "--force",
        [options] { options->existing_out = Existing::Replace; },
        "replace the file of --out");
    static constexpr OptionForm<terms::Stream> kStream{
        "--stream", terms::parse_stream, "bulk or direct"};
    add_parsed(app, kStream, options->stream, "judge as bulk or direct mail");
    static constexpr OptionForm<mail::Address> kSender{
        "--sender", parse_sender, "an address such as news@example.org"};
    add_parsed(app, kSender, options->sender, "judge as mail of this envelope sender");
    add_flag(app, "--offline", options->offline, "ask no DNS");
    add_flag(
        app,
        "--no-smtputf8",
        [options] { options->utf8 = mail::Smtputf8::No; },
        "judge as if the client had not declared SMTPUTF8");
    when_given(app, [&line, options, words] {
        options->addresses = words->values();
        line.run = [options](const CommandContext& context) { return check(context, *options); };
    });
}

void add_classify(CommandLine& line) {
    CLI::App& app = add_command(line.app, "classify", "kind and code of messages in files");
    const auto words = std::make_shared<Words>(
        app, "FILE", "messages, mailboxes (mbox), directories, or - for stdin");
    when_given(app, [&line, words] {
        line.run = [paths = words->at_least_one()](const CommandContext& context) {
            return classify(context, paths);
        };
    });
}

void add_explain(CommandLine& line) {
    CLI::App& app =
        add_command(line.app, "explain", "what a code, its name, or an SMTP reply means");
    const auto words =
        std::make_shared<Words>(app, "CODE|NAME|TEXT", "a code, a name, or the text of a reply");
    when_given(app, [&line, words] {
        const std::string question = fmt::format("{}", fmt::join(words->at_least_one(), " "));
        line.run = [question](const CommandContext& context) { return explain(context, question); };
    });
}

Words add_selection(CLI::App& app, const std::shared_ptr<HeldSelection>& selection) {
    add_text(
        app, "--sender", selection->sender, "from this envelope sender; <> is the null sender");
    add_text(app, "--recipient", selection->recipient, "to this address");
    add_text(app, "--domain", selection->domain, "to recipients in this domain");
    add_text(app, "--queue-id", selection->queue_id, "of this queue id of the MTA");
    add_text(app, "--message-id", selection->message_id, "of this Message-ID");
    static constexpr OptionForm<terms::FindingName> kFinding{
        "--reason", terms::parse_finding_name, "the name of a finding such as null-mx"};
    add_parsed(app, kFinding, selection->finding, "held for this finding");
    add_taken(
        app,
        "--campaign",
        [selection](const std::string& text) { selection->campaign = as_meant(text); },
        "of this campaign, as it is shown");
    static constexpr auto kOlder = duration_form("--older");
    add_parsed(app, kOlder, selection->older_than, "held longer ago than this");
    static constexpr auto kExpires = duration_form("--expires-within");
    add_parsed(app, kExpires, selection->expires_within, "expiring sooner than this");
    add_flag(app, "--in-doubt", selection->in_doubt, "items of which the MTA may have a copy");
    add_flag(app, "--own", selection->own, "also the mail that Holdback itself sends");
    return {app, "ID", "numbers of items"};
}

void add_held_act(CommandLine& line,
                  CLI::App& parent,
                  HeldAct act,
                  const std::string& name,
                  const std::string& description) {
    CLI::App& app = add_command(parent, name, description);
    const auto selection = std::make_shared<HeldSelection>();
    const auto options = std::make_shared<HeldActOptions>();
    const Words words = add_selection(app, selection);
    add_flag(app, "--all", selection->all, "everything that is held");
    add_flag(app, "--dry-run,-n", options->dry_run, "only show what would be done");
    add_flag(app, "--yes,-y", options->yes, "do not ask");
    if (act == HeldAct::Release) {
        add_text_of(
            app, "--as", options->as, "send the one item to this address instead", "ADDRESS");
    }
    when_given(app, [&line, selection, options, act, words] {
        selection->ids = parse_items(words.values());
        options->act = act;
        options->selection = *selection;
        line.run = [options](const CommandContext& context) { return held_act(context, *options); };
    });
}

void add_held(CommandLine& line) {
    CLI::App& app = add_command(line.app, "held", "mail that was held");
    need_subcommand(app);

    CLI::App& list = add_command(app, "list", "what is held");
    const auto listed = std::make_shared<HeldSelection>();
    const auto shape = std::make_shared<HeldListOptions>();
    const Words listed_words = add_selection(list, listed);
    add_flag(list, "--all", listed->all, "also what has ended");
    static constexpr OptionForm<std::vector<HeldColumn>> kColumns{
        "--columns",
        parse_held_columns,
        "some of id, state, held-at, expires, recipient, sender, finding, code, campaign, "
        "queue-id, message-id, subject and reason, with commas between them"};
    add_parsed(list, kColumns, shape->columns, "show these columns");
    add_flag(list, "--wide", shape->wide, "show all columns, whether they fit the terminal or not");
    when_given(list, [&line, listed, shape, listed_words] {
        listed->ids = parse_items(listed_words.values());
        shape->selection = *listed;
        line.run = [shape](const CommandContext& context) { return held_list(context, *shape); };
    });

    CLI::App& show = add_command(app, "show", "all about items, with their history");
    const auto shown = std::make_shared<HeldSelection>();
    const Words shown_words = add_selection(show, shown);
    add_flag(show, "--all", shown->all, "everything");
    when_given(show, [&line, shown, shown_words] {
        shown->ids = parse_items(shown_words.values());
        line.run = [shown](const CommandContext& context) { return held_show(context, *shown); };
    });

    add_held_act(line, app, HeldAct::Release, "release", "send it on to the recipients");
    add_held_act(line, app, HeldAct::Return, "return", "give it back to the sender by a DSN");
    add_held_act(line, app, HeldAct::Discard, "discard", "drop it");

    CLI::App& rescue = add_command(app, "rescue", "list the mail of a spool again in the store");
    const auto options = std::make_shared<HeldRescueOptions>();
    add_flag(rescue, "--dry-run,-n", options->dry_run, "only show what would be done");
    when_given(rescue, [&line, options] {
        line.run = [options](const CommandContext& context) {
            return held_rescue(context, *options);
        };
    });
}

void add_seal(CommandLine& line) {
    CLI::App& app = add_command(line.app, "seal", "the keys by which bounces are proven");
    need_subcommand(app);
    add_plain(line, app, "show", "the keys, without their secrets", seal_show);
    add_plain(line, app, "rotate", "sign with a new key from now on", seal_rotate);
}

void add_store(CommandLine& line) {
    CLI::App& app = add_command(line.app, "store", "care of the store as a file");
    need_subcommand(app);
    add_plain(line, app, "check", "check whether the store is in order", store_check);
    const auto add = [&](const std::string& name,
                         const std::string& description,
                         CommandResult (*command)(const CommandContext&, const std::string&)) {
        CLI::App& made = add_command(app, name, description);
        const auto file = std::make_shared<std::string>();
        add_needed_word(made, "FILE", *file, "the copy");
        when_given(made, [&line, file, command] {
            line.run = [file, command](const CommandContext& context) {
                return command(context, *file);
            };
        });
    };
    add("backup", "copy the store to a new file, also while the daemon runs", store_backup);
    add("restore", "put a copy in the place of the store; the daemon must not run", store_restore);
}

void declare(CommandLine& line) {
    CLI::App& app = line.app;
    add_text_of(app, "-c,--config", line.settings, "settings file", "FILE");
    app.set_version_flag("-V,--version", [&line] {
        std::string text =
            fmt::format("holdbackctl {}\n{}",
                        kVersion,
                        places_text(line.settings.empty() ? io::settings::default_settings_path()
                                                          : line.settings));
        text.pop_back();  // the line end, which is written after the text
        return text;
    });
    add_text_of(app, "--socket", line.socket, "control socket of the daemon", "PATH");
    add_flag(app, "--json", line.json, "one JSON object per line");
    need_subcommand(app);
    app.fallthrough();
    add_check(line);
    add_classify(line);
    add_explain(line);
    add_suppress(line);
    add_held(line);
    add_unknown(line);
    add_sender(line);
    add_history(line);
    add_seal(line);
    add_store(line);
    add_daemon(line);
}

void say(std::string_view text) {
    for (const std::string_view each : core::split(text, '\n')) {
        std::cerr << fmt::format("holdbackctl: {}\n", for_people(each, 4000));
    }
}

/// A write error on standard output is a failure.
Exit after_output(Exit exit) {
    std::cout.flush();
    if (!std::cout.good()) {
        say("standard output: write error");
        return exit == Exit::Done ? Exit::No : exit;
    }
    return exit;
}

/// The width of the terminal that gets the output; 0 when it goes elsewhere.
std::size_t terminal_columns() {
    if (isatty(STDOUT_FILENO) != 1) {
        return 0;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread, and nobody sets variables
    if (const char* const told = std::getenv("COLUMNS"); told != nullptr) {
        constexpr std::uint64_t kMost = 10'000;
        if (const auto columns = core::parse_decimal(told);
            columns.has_value() && *columns > 0 && *columns < kMost) {
            return *columns;
        }
    }
    winsize size{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): ioctl(2) is declared so
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

Exit run_command(const CommandLine& line) {
    const core::SystemClock clock;
    const bool err_is_terminal = isatty(STDERR_FILENO) == 1;
    bool wrong_settings = false;
    const CommandContext context{
        .out = std::cout,
        .err = std::cerr,
        .clock = clock,
        .form = line.json ? OutputForm::Json : OutputForm::Human,
        .settings_path = line.settings.empty() ? std::nullopt : std::optional(line.settings),
        .socket_path = line.socket.empty() ? std::nullopt : std::optional(line.socket),
        .wrong_settings = &wrong_settings,
        .out_columns = terminal_columns(),
        .err_is_terminal = err_is_terminal,
        .can_ask = err_is_terminal && isatty(STDIN_FILENO) == 1,
    };
    const CommandResult result = line.run(context);
    if (result.has_value()) {
        return after_output(*result);
    }
    std::cout.flush();
    say(result.error().text);
    // If the settings are wrong, they may point to the wrong place.
    const bool is_lost = result.error().exit == Exit::Unavailable && wrong_settings;
    return is_lost ? Exit::Settings : result.error().exit;
}

/// Describes, for people, what is wrong with the command line.
std::string explained(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
        for (const std::string& word : app.remaining(true)) {
            if (!word.starts_with('-')) {
                return fmt::format("there is no command {}", core::in_quotes(word));
            }
        }
    }
    return error.what();
}

int run_tool(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    CLI::App app("Control tool of the Holdback milter.", "holdbackctl");
    CommandLine line{.app = app, .settings = {}, .socket = {}, .run = {}};
    declare(line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const CLI::ParseError& error) {
        say(explained(app, error));
        std::cerr << "Run holdbackctl --help, or see holdbackctl(8).\n";
        return static_cast<int>(Exit::Usage);
    }
    return static_cast<int>(run_command(line));
}

}  // namespace

int main(int argc, char** argv) {
    const auto say = [](const std::exception& error) {
        static_cast<void>(std::fputs("holdbackctl: ", stderr));
        static_cast<void>(std::fputs(error.what(), stderr));
        static_cast<void>(std::fputs("\n", stderr));
    };
    try {
        return run_tool(argc, argv);
    } catch (const reading::BadLateRule& error) {
        say(error);
        return static_cast<int>(Exit::Settings);
    } catch (const std::exception& error) {
        say(error);
        return static_cast<int>(Exit::Unavailable);
    }
}

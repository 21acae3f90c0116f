// SPDX-License-Identifier: Apache-2.0
// The command line of `holdbackctl unknown`.
#include "milter/ctl/bounces/unknown.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/options.hpp"

#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

namespace holdback::milter::ctl {

namespace {

constexpr OptionForm<UnknownForm> kForm{"--format", parse_unknown_form, "rules, csv or json"};

}  // namespace

void add_unknown(CommandLine& line) {
    CLI::App& app = *line.app.add_subcommand("unknown", "texts of bounces that no rule knew");
    app.require_subcommand(1);
    add_plain(line, app, "list", "the patterns, the most frequent first", unknown_list);

    CLI::App& show = *app.add_subcommand("show", "all about patterns, with an example");
    const auto words = std::make_shared<Words>(show, "ID", "numbers of patterns");
    show.callback([&line, words] {
        line.run = [ids = parse_items(words->at_least_one())](const CommandContext& context) {
            return unknown_show(context, ids);
        };
    });

    CLI::App& write = *app.add_subcommand("export", "the patterns as the beginnings of rules");
    const auto exported = std::make_shared<UnknownExportOptions>();
    const auto form = std::make_shared<std::optional<UnknownForm>>();
    const auto chosen = std::make_shared<Words>(write, "ID", "numbers of patterns; none: all");
    add_parsed(write, kForm, *form, "rules (the default), csv or json");
    write.add_flag("--proven", exported->proven_only, "only what came with a proof");
    write.callback([&line, exported, form, chosen] {
        exported->ids = parse_items(chosen->values());
        exported->form = form->value_or(line.json ? UnknownForm::JsonLines : UnknownForm::Rules);
        line.run = [exported](const CommandContext& context) {
            return unknown_export(context, *exported);
        };
    });

    CLI::App& drop = *app.add_subcommand("drop", "forget patterns");
    const auto all = std::make_shared<bool>(false);
    const auto dropped = std::make_shared<Words>(drop, "ID", "numbers of patterns");
    drop.add_flag("--all", *all, "all of them");
    drop.callback([&line, all, dropped] {
        const auto ids = parse_items(dropped->values());
        if (ids.empty() != *all) {
            throw CLI::ValidationError("say either the numbers of patterns or --all");
        }
        line.run = [ids](const CommandContext& context) { return unknown_drop(context, ids); };
    });
}

}  // namespace holdback::milter::ctl

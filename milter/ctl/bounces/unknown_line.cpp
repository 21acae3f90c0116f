// SPDX-License-Identifier: Apache-2.0
// The command line of `holdbackctl unknown`.
#include "milter/ctl/bounces/unknown.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/options.hpp"

#include <memory>
#include <optional>

namespace holdback::milter::ctl {

namespace {

constexpr OptionForm<UnknownForm> kForm{"--format", parse_unknown_form, "rules, csv or json"};

}  // namespace

void add_unknown(CommandLine& line) {
    CLI::App& app = add_command(line.app, "unknown", "texts of bounces that no rule knew");
    need_subcommand(app);
    add_plain(line, app, "list", "the patterns, the most frequent first", unknown_list);

    CLI::App& show = add_command(app, "show", "all about patterns, with an example");
    const auto words = std::make_shared<Words>(show, "ID", "numbers of patterns");
    when_given(show, [&line, words] {
        line.run = [ids = parse_items(words->at_least_one())](const CommandContext& context) {
            return unknown_show(context, ids);
        };
    });

    CLI::App& write = add_command(app, "export", "the patterns as the beginnings of rules");
    const auto exported = std::make_shared<UnknownExportOptions>();
    const auto form = std::make_shared<std::optional<UnknownForm>>();
    const auto chosen = std::make_shared<Words>(write, "ID", "numbers of patterns; none: all");
    add_parsed(write, kForm, *form, "rules (the default), csv or json");
    add_flag(write, "--proven", exported->proven_only, "only what came with a proof");
    when_given(write, [&line, exported, form, chosen] {
        exported->ids = parse_items(chosen->values());
        exported->form = form->value_or(line.json ? UnknownForm::JsonLines : UnknownForm::Rules);
        line.run = [exported](const CommandContext& context) {
            return unknown_export(context, *exported);
        };
    });

    CLI::App& drop = add_command(app, "drop", "forget patterns");
    const auto all = std::make_shared<bool>(false);
    const auto dropped = std::make_shared<Words>(drop, "ID", "numbers of patterns");
    add_flag(drop, "--all", *all, "all of them");
    when_given(drop, [&line, all, dropped] {
        const auto ids = parse_items(dropped->values());
        if (ids.empty() != *all) {
            wrong_usage("say either the numbers of patterns or --all");
        }
        line.run = [ids](const CommandContext& context) { return unknown_drop(context, ids); };
    });
}

}  // namespace holdback::milter::ctl

// SPDX-License-Identifier: Apache-2.0
// The command lines of whatif and report.

#include "milter/ctl/command.hpp"
#include "milter/ctl/history/report.hpp"
#include "milter/ctl/history/whatif.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/options.hpp"

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace holdback::milter::ctl {

namespace {

void add_what_if(CommandLine& line) {
    CLI::App& app = *line.app.add_subcommand(
        "whatif", "what other settings would have done to the mail of the last days");
    const auto options = std::make_shared<WhatIfOptions>();
    const auto words = std::make_shared<Words>(app, "FILE", "the other settings");
    app.add_option("--since", options->since, "since a time, or for a duration: 2026-01-31, 7d");
    add_text(
        app, "--sender", options->sender, "mail of this envelope sender; <> is the null sender");
    app.add_flag_callback(
        "--all",
        [options] { options->show = WhatIfOptions::Show::All; },
        "every recipient for whom something changes");
    app.callback([&line, options, words] {
        if (words->at_least_one().size() > 1) {
            throw CLI::ValidationError("name one file with settings");
        }
        options->settings = words->values().front();
        line.run = [options](const CommandContext& context) { return what_if(context, *options); };
    });
}

void add_report(CommandLine& line) {
    CLI::App& app = *line.app.add_subcommand("report", "what became of mail: numbers and charts");
    const auto options = std::make_shared<ReportOptions>();
    app.add_option("--since", options->since, "since a time, or for a duration: 2026-01-31, 7d");
    add_text(app, "--html", options->html, "write one HTML file with charts; - for stdout");
    app.callback([&line, options] {
        line.run = [options](const CommandContext& context) {
            return make_report(context, *options);
        };
    });
}

}  // namespace

void add_history(CommandLine& line) {
    add_what_if(line);
    add_report(line);
}

}  // namespace holdback::milter::ctl

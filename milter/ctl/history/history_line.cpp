// SPDX-License-Identifier: Apache-2.0
// The command lines of whatif and report.

#include "milter/ctl/command.hpp"
#include "milter/ctl/history/report.hpp"
#include "milter/ctl/history/whatif.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/options.hpp"

#include <memory>
#include <string>

namespace holdback::milter::ctl {

namespace {

void add_what_if(CommandLine& line) {
    CLI::App& app = add_command(
        line.app, "whatif", "what other settings would have done to the mail of the last days");
    const auto options = std::make_shared<WhatIfOptions>();
    const auto words = std::make_shared<Words>(app, "FILE", "the other settings");
    add_text(app, "--since", options->since, "since a time, or for a duration: 2026-01-31, 7d");
    add_text(
        app, "--sender", options->sender, "mail of this envelope sender; <> is the null sender");
    add_flag(
        app,
        "--all",
        [options] { options->show = WhatIfOptions::Show::All; },
        "every recipient for whom something changes");
    when_given(app, [&line, options, words] {
        if (words->at_least_one().size() > 1) {
            wrong_usage("name one file with settings");
        }
        options->settings = words->values().front();
        line.run = [options](const CommandContext& context) { return what_if(context, *options); };
    });
}

void add_report(CommandLine& line) {
    CLI::App& app = add_command(line.app, "report", "what became of mail: numbers and charts");
    const auto options = std::make_shared<ReportOptions>();
    add_text(app, "--since", options->since, "since a time, or for a duration: 2026-01-31, 7d");
    add_text(app, "--html", options->html, "write one HTML file with charts; - for stdout");
    when_given(app, [&line, options] {
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

// SPDX-License-Identifier: Apache-2.0
// The command line of the commands about the running daemon and its settings.
#include "milter/ctl/command.hpp"
#include "milter/ctl/config.hpp"
#include "milter/ctl/daemon.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/options.hpp"

#include <memory>

namespace holdback::milter::ctl {

void add_daemon(CommandLine& line) {
    CLI::App& app = line.app;
    add_plain(line, app, "status", "the running daemon", status);
    add_plain(line, app, "metrics", "the daemon's counters as Prometheus reads them", metrics);
    add_plain(line, app, "reload", "have the daemon read its settings anew", reload);

    CLI::App& config = add_command(app, "config", "the settings");
    need_subcommand(config);
    CLI::App& show = add_command(config, "show", "every key, and where its value comes from");
    const auto changed = std::make_shared<bool>(false);
    add_flag(show, "--changed", *changed, "only what is not the default");
    when_given(show, [&line, changed] {
        line.run = [changed](const CommandContext& context) {
            return config_show(context, *changed ? ConfigKeys::Changed : ConfigKeys::All);
        };
    });

    CLI::App& cache = add_command(app, "cache", "the daemon's DNS cache");
    need_subcommand(cache);
    add_plain(line, cache, "show", "how full it is and what it did", cache_show);
    add_plain(line, cache, "clear", "forget all answers", cache_clear);
}

}  // namespace holdback::milter::ctl

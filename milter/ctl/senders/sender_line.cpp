// SPDX-License-Identifier: Apache-2.0
// The command line of `holdbackctl sender`.
#include "milter/ctl/command.hpp"
#include "milter/ctl/line.hpp"
#include "milter/ctl/options.hpp"
#include "milter/ctl/senders/sender.hpp"

#include <memory>

namespace holdback::milter::ctl {

void add_sender(CommandLine& line) {
    CLI::App& app = add_command(line.app, "sender", "what senders have used of their limits");
    need_subcommand(app);
    CLI::App& list =
        add_command(app, "list", "the limits, who used how much of them, and when there is room");
    const auto filter = std::make_shared<SenderFilter>();
    add_text_of(list, "--limit", filter->limit, "only this limit", "NAME");
    add_text_of(
        list, "--key", filter->key, "only this user, sender, domain, client or daemon", "KEY");
    when_given(list, [&line, filter] {
        line.run = [filter](const CommandContext& context) {
            return sender_list(context, *filter);
        };
    });
}

}  // namespace holdback::milter::ctl

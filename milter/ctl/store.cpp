// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/store.hpp"

#include "core/clock.hpp"
#include "io/state/spool_pair.hpp"
#include "io/state/store_care.hpp"
#include "io/state/use_lock.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

std::string number(std::int64_t value) {
    return fmt::format("{}", value);
}

}  // namespace

CommandResult store_check(const CommandContext& context) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto health = io::state::check_store(settings->store.path);
    if (!health.has_value()) {
        return std::unexpected(store_error(health.error().what));
    }
    const bool in_order = health->problems.empty();
    if (context.json()) {
        const Json object{{"path", settings->store.path},
                          {"ok", in_order},
                          {"schema", health->schema},
                          {"octets", health->octets},
                          {"problems", Json::array_of(health->problems)}};
        write_json(context.out, object);
    } else {
        FieldList fields;
        fields.add("store", settings->store.path);
        fields.add("in order", in_order ? "yes" : "no");
        fields.add("schema", number(health->schema));
        fields.add("octets", number(health->octets));
        for (const std::string& problem : health->problems) {
            fields.add("problem", problem);
        }
        fields.write(context.out);
    }
    return in_order ? Exit::Done : Exit::No;
}

CommandResult store_backup(const CommandContext& context, const std::string& file) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    if (const auto copied = io::state::copy_store(settings->store.path, file);
        !copied.has_value()) {
        return std::unexpected(store_error(copied.error().what));
    }
    if (context.json()) {
        write_json(context.out, {{"backup", file}});
    } else {
        context.out << fmt::format("the store was copied to {}\n", for_people(file));
    }
    return Exit::Done;
}

CommandResult store_restore(const CommandContext& context, const std::string& file) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto lock = io::state::lock_store(settings->store.path);
    if (!lock.has_value()) {
        if (lock.error().why == io::state::UseError::Why::InUse) {
            return std::unexpected(
                CommandError{Exit::Settings,
                             fmt::format("{}: a daemon or another holdbackctl uses this store: "
                                         "stop it before a copy is restored",
                                         settings->store.path)});
        }
        return std::unexpected(CommandError{Exit::Unavailable, lock.error().what});
    }
    const auto now = std::chrono::floor<std::chrono::seconds>(context.clock.now());
    const auto kept = io::state::replace_store(
        settings->store.path, file, fmt::format(".replaced-{}", now.time_since_epoch().count()));
    if (!kept.has_value()) {
        return std::unexpected(store_error(kept.error().what));
    }
    if (context.json()) {
        write_json(context.out, {{"restored", file}, {"kept", text_or_null(*kept)}});
    } else {
        context.out << fmt::format("{} is in place\n", for_people(file));
        if (!kept->empty()) {
            context.out << fmt::format("the store that was there is kept as {}\n",
                                       for_people(*kept));
        }
        context.out << "next: holdbackctl held rescue, which lists what was held since the copy "
                       "was made; without it, a store that is older than its spool is not used\n";
    }
    return Exit::Done;
}

}  // namespace holdback::milter::ctl

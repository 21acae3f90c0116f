// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/history/whatif_output.hpp"

#include "core/clock.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "replay/replay.hpp"
#include "report/what_if.hpp"
#include "terms/policy_action.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using report::KnownEnd;
using terms::PolicyAction;

constexpr std::array kActions{PolicyAction::Pass,
                              PolicyAction::Tag,
                              PolicyAction::Hold,
                              PolicyAction::Defer,
                              PolicyAction::Reject};
constexpr std::array kCourses{
    report::MessageCourse::Passed, report::MessageCourse::Split, report::MessageCourse::Refused};

std::string shown(const replay::ReplayedVerdict& verdict) {
    return verdict.reason.empty() ? std::string(wire_name(verdict.action))
                                  : fmt::format("{} {}", wire_name(verdict.action), verdict.reason);
}

Json as_json(const replay::ReplayedVerdict& verdict) {
    return {{"verdict", wire_name(verdict.action)}, {"reason", text_or_null(verdict.reason)}};
}

Json as_json(const report::ByVerdict& numbers) {
    Json object = Json::object();
    for (const PolicyAction action : kActions) {
        object.set(wire_name(action), numbers.at(static_cast<std::size_t>(action)));
    }
    return object;
}

Json as_json(const report::ByCourse& numbers) {
    Json object = Json::object();
    for (const report::MessageCourse course : kCourses) {
        object.set(wire_name(course), numbers.at(static_cast<std::size_t>(course)));
    }
    return object;
}

std::size_t not_recorded(const report::WhatIf& sums) {
    std::size_t all = 0;
    for (const auto& [what, recipients] : sums.not_recorded()) {
        all += recipients;
    }
    return all;
}

void write_objects(const CommandContext& context,
                   const report::WhatIf& sums,
                   core::TimePoint since) {
    write_json(context.out,
               {{"what", "totals"},
                {"since", iso_time(since)},
                {"messages", sums.messages()},
                {"recipients", sums.replayed() + not_recorded(sums)},
                {"replayed", sums.replayed()},
                {"not_recorded", not_recorded(sums)},
                {"changed", sums.changed()},
                {"in_shadow", sums.in_shadow()},
                {"then", as_json(sums.before())},
                {"now", as_json(sums.after())},
                {"messages_then", as_json(sums.course_before())},
                {"messages_now", as_json(sums.course_after())}});
    for (const report::ChangeGroup& group : sums.groups()) {
        Json examples = Json::array();
        for (const report::ChangedRecipient& example : group.examples) {
            examples.push_back({{"at", iso_time(example.at)},
                                {"queue_id", text_or_null(example.queue_id)},
                                {"sender", example.sender},
                                {"address", example.address}});
        }
        write_json(context.out,
                   {{"what", "change"},
                    {"then", as_json(group.change.before)},
                    {"now", as_json(group.change.after)},
                    {"recipients", group.ends.all()},
                    {"delivered", group.ends.of(KnownEnd::Delivered)},
                    {"bounced", group.ends.of(KnownEnd::Bounced)},
                    {"deferred", group.ends.of(KnownEnd::Deferred)},
                    {"unknown", group.ends.of(KnownEnd::Unknown)},
                    {"examples", std::move(examples)}});
    }
    for (const auto& [what, recipients] : sums.not_recorded()) {
        write_json(context.out,
                   {{"what", "not-recorded"}, {"reason", what}, {"recipients", recipients}});
    }
}

std::string_view done_to(PolicyAction action) {
    switch (action) {
        case PolicyAction::Pass:
            return "would now pass";
        case PolicyAction::Tag:
            return "would now be tagged";
        case PolicyAction::Hold:
            return "would now be held";
        case PolicyAction::Defer:
            return "would now be deferred";
        case PolicyAction::Reject:
            return "would now be rejected";
    }
    return "";
}

/// "Of 120 that would now be held, 95 were delivered, 25 bounced."
void write_ends(const CommandContext& context, const std::vector<report::ChangeGroup>& groups) {
    for (const PolicyAction action : kActions) {
        report::Ends ends;
        for (const report::ChangeGroup& group : groups) {
            if (group.change.after.action == action && group.change.before.action != action) {
                ends += group.ends;
            }
        }
        if (ends.all() == 0) {
            continue;
        }
        context.out << fmt::format("Of {} that {}, {} {} delivered, {} bounced",
                                   ends.all(),
                                   done_to(action),
                                   ends.of(KnownEnd::Delivered),
                                   ends.of(KnownEnd::Delivered) == 1 ? "was" : "were",
                                   ends.of(KnownEnd::Bounced));
        if (const std::size_t deferred = ends.of(KnownEnd::Deferred); deferred > 0) {
            context.out << fmt::format(", {} deferred", deferred);
        }
        if (const std::size_t unknown = ends.of(KnownEnd::Unknown); unknown > 0) {
            context.out << fmt::format(", the end of {} is not known", unknown);
        }
        context.out << ".\n";
    }
}

void write_totals(const CommandContext& context, const report::WhatIf& sums) {
    Table totals({"VERDICT", "THEN", "NOW"});
    for (const PolicyAction action : kActions) {
        const auto index = static_cast<std::size_t>(action);
        totals.add({std::string(wire_name(action)),
                    fmt::format("{}", sums.before().at(index)),
                    fmt::format("{}", sums.after().at(index))});
    }
    totals.write(context.out);
    Table courses({"MESSAGES", "THEN", "NOW"});
    for (const report::MessageCourse course : kCourses) {
        const auto index = static_cast<std::size_t>(course);
        courses.add({std::string(wire_name(course)),
                     fmt::format("{}", sums.course_before().at(index)),
                     fmt::format("{}", sums.course_after().at(index))});
    }
    context.out << '\n';
    courses.write(context.out);
}

void write_groups(const CommandContext& context, const std::vector<report::ChangeGroup>& groups) {
    Table table({"COUNT", "THEN", "NOW", "DELIVERED", "BOUNCED", "FOR EXAMPLE"});
    for (const report::ChangeGroup& group : groups) {
        std::string examples;
        for (const report::ChangedRecipient& example : group.examples) {
            examples += examples.empty() ? "" : " ";
            examples += example.address;
        }
        table.add({fmt::format("{}", group.ends.all()),
                   shown(group.change.before),
                   shown(group.change.after),
                   fmt::format("{}", group.ends.of(KnownEnd::Delivered)),
                   fmt::format("{}", group.ends.of(KnownEnd::Bounced)),
                   examples});
    }
    context.out << '\n';
    table.write(context.out);
}

}  // namespace

void write_changed(const CommandContext& context, const report::ChangedRecipient& changed) {
    if (context.json()) {
        write_json(context.out,
                   {{"what", "recipient"},
                    {"at", iso_time(changed.at)},
                    {"queue_id", text_or_null(changed.queue_id)},
                    {"sender", changed.sender},
                    {"address", changed.address},
                    {"then", as_json(changed.change.before)},
                    {"now", as_json(changed.change.after)},
                    {"outcome", wire_name(changed.end)}});
        return;
    }
    context.out << fmt::format("{} UTC {} from {}: {} -> {} ({})\n",
                               short_time(changed.at),
                               for_people(changed.address),
                               for_people(shown_sender(changed.sender)),
                               shown(changed.change.before),
                               shown(changed.change.after),
                               wire_name(changed.end));
}

void write_what_if(const CommandContext& context,
                   const report::WhatIf& sums,
                   const std::string& settings,
                   core::TimePoint since) {
    if (context.json()) {
        write_objects(context, sums, since);
        return;
    }
    const std::size_t missing = not_recorded(sums);
    context.out << fmt::format("{} of {} since {} UTC, decided again by {}:\n\n",
                               counted(sums.replayed() + missing, "recipient", "recipients"),
                               counted(sums.messages(), "message", "messages"),
                               short_time(since),
                               for_people(settings));
    write_totals(context, sums);
    const std::vector<report::ChangeGroup> groups = sums.groups();
    if (groups.empty()) {
        context.out << (missing == 0 ? "\nNothing would change.\n"
                                     : "\nNothing of what was recorded would change.\n");
    } else {
        write_groups(context, groups);
        context.out << '\n';
        write_ends(context, groups);
    }
    if (sums.in_shadow() > 0) {
        context.out << fmt::format(
            "{} decided upon in shadow mode: they passed, whatever the verdict was.\n",
            counted(sums.in_shadow(), "recipient was", "recipients were"));
    }
    for (const auto& [what, recipients] : sums.not_recorded()) {
        context.out << fmt::format("{} could not be decided again; not recorded: {}.\n",
                                   counted(recipients, "recipient", "recipients"),
                                   for_people(what));
    }
}

}  // namespace holdback::milter::ctl

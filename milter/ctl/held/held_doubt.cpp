// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/held/held_doubt.hpp"

#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "ports/held_store.hpp"
#include "terms/held.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

using Means = DoubtSign::Means;

std::string_view wire_name(Means means) {
    switch (means) {
        case Means::Copy:
            return "copy";
        case Means::NoCopy:
            return "no-copy";
        case Means::QueueId:
            return "queue-id";
    }
    std::unreachable();
}

std::string_view advice(Means means) {
    switch (means) {
        case Means::Copy:
            return "the MTA has it: discard the item, with --in-doubt";
        case Means::NoCopy:
            return "the MTA has no copy: release the item with --in-doubt when you want it to go";
        case Means::QueueId:
            return "this line has the queue id: search the log for it next";
    }
    std::unreachable();
}

/// Signs of the original message, which the MTA may have let pass.
std::vector<DoubtSign> signs_of_original(const terms::HeldMessage& message,
                                         const terms::HeldRecipient& recipient,
                                         const std::string& queue_id) {
    // A DSN reports recipients of that message: if they got it, the DSN must not be sent.
    const std::string to =
        fmt::format("{}: to=<{}>",
                    queue_id,
                    message.kind == terms::HeldKind::Own ? "a recipient that the DSN names"
                                                         : recipient.address);
    return {{.text = to, .means = Means::Copy},
            {.text = fmt::format("{}: milter-discard (Postfix)", queue_id), .means = Means::NoCopy},
            {.text = fmt::format("{}: Milter: data, discard (Sendmail)", queue_id),
             .means = Means::NoCopy},
            {.text = fmt::format("{}: removed (Postfix), with no line {}", queue_id, to),
             .means = Means::NoCopy}};
}

/// Signs of a release that was interrupted after the MTA had received all of it.
std::vector<DoubtSign> signs_of_release(const terms::HeldMessage& message,
                                        const terms::HeldRecipient& recipient) {
    const std::string to = fmt::format("to=<{}>", recipient.address);
    if (!recipient.mta_queue_id.empty()) {
        return {{.text = fmt::format("{}: {}", recipient.mta_queue_id, to), .means = Means::Copy}};
    }
    // The release did not pass the milter: its queue id has to be found first.
    const std::string since = iso_time(recipient.changed_at);
    if (!message.message_id.empty()) {
        return {
            {.text = fmt::format("message-id={}, not long before {}", message.message_id, since),
             .means = Means::QueueId},
            {.text = fmt::format("QUEUE-ID: {}", to), .means = Means::Copy}};
    }
    return {{.text = fmt::format("from=<{}>, not long before {}", message.sender, since),
             .means = Means::QueueId},
            {.text = fmt::format("QUEUE-ID: {}", to), .means = Means::Copy}};
}

}  // namespace

std::vector<DoubtSign> doubt_signs(const ports::HeldItem& item) {
    const auto& [message, recipient] = item;
    if (!recipient.in_doubt) {
        return {};
    }
    if (recipient.attempts > 0) {
        return signs_of_release(message, recipient);
    }
    const std::string& queue_id =
        recipient.mta_queue_id.empty() ? message.queue_id : recipient.mta_queue_id;
    return signs_of_original(message, recipient, queue_id);
}

void add_doubt(FieldList& fields, const ports::HeldItem& item) {
    for (const DoubtSign& sign : doubt_signs(item)) {
        fields.add("look for", fmt::format("{}: {}", sign.text, advice(sign.means)));
    }
}

Json doubt_json(const ports::HeldItem& item) {
    const std::vector<DoubtSign> signs = doubt_signs(item);
    if (signs.empty()) {
        return nullptr;
    }
    Json look_for = Json::array();
    for (const DoubtSign& sign : signs) {
        look_for.push_back({{"text", sign.text}, {"means", wire_name(sign.means)}});
    }
    return {{"queue_id", text_or_null(item.recipient.mta_queue_id)},
            {"since", time_or_null(item.recipient.mta_since)},
            {"look_for", std::move(look_for)}};
}

}  // namespace holdback::milter::ctl

// SPDX-License-Identifier: Apache-2.0
#include "mail/envelope.hpp"

#include "mail/address.hpp"
#include "mail/esmtp_arguments.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace holdback::mail {

namespace {

/// A path's text without its brackets, even where the path is broken.
std::string without_brackets(std::string_view text) {
    const auto path = parse_path(text);
    if (path.has_value()) {
        return path->mailbox;
    }
    if (text.starts_with('<')) {
        text.remove_prefix(1);
    }
    if (text.ends_with('>')) {
        text.remove_suffix(1);
    }
    return std::string(text);
}

struct SenderText {
    std::string operator()(const NullSender& /*null*/) const { return {}; }
    std::string operator()(const Address& address) const { return address.text(); }
    std::string operator()(const std::string& text) const { return without_brackets(text); }
};

}  // namespace

std::string Recipient::as_given() const {
    const auto path = parse_path(verbatim);
    return path.has_value() ? path->mailbox : verbatim;
}

std::string Recipient::shown() const {
    return syntax.has_value() ? syntax->value.text() : without_brackets(verbatim);
}

bool Recipient::is_counted() const {
    return !judged && !on_its_way;
}

std::string Envelope::sender_text() const {
    return std::visit(SenderText{}, sender);
}

std::size_t Envelope::recipients_to_judge() const {
    return static_cast<std::size_t>(std::ranges::count(recipients, false, &Recipient::judged));
}

std::size_t Envelope::recipients_to_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(recipients, &Recipient::is_counted));
}

std::optional<std::string> Envelope::envelope_id() const {
    const auto id = argument_value(sender_arguments, "ENVID");
    return id.has_value() ? std::optional<std::string>(*id) : std::nullopt;
}

std::string_view wire_name(Direction direction) {
    switch (direction) {
        case Direction::OwnBounce:
            return "own-bounce";
        case Direction::Outgoing:
            return "outgoing";
        case Direction::Inbound:
            return "inbound";
    }
    std::unreachable();
}

}  // namespace holdback::mail

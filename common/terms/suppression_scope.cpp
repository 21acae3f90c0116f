// SPDX-License-Identifier: Apache-2.0
#include "terms/suppression_scope.hpp"

#include "core/wire_names.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/folded_sender.hpp"
#include "mail/syntax.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace holdback::terms {

namespace {

constexpr std::string_view kGlobal = "global";

}  // namespace

std::string_view wire_name(ScopeKind kind) {
    switch (kind) {
        case ScopeKind::Global:
            return kGlobal;
        case ScopeKind::SenderDomain:
            return "sender-domain";
        case ScopeKind::Sender:
            return "sender";
    }
    std::unreachable();
}

std::optional<ScopeKind> parse_scope_kind(std::string_view name) {
    return core::find_wire_name(kAllScopeKinds, name);
}

SuppressionScope SuppressionScope::of_domain(const mail::Domain& domain) {
    return SuppressionScope(domain.text());
}

SuppressionScope SuppressionScope::of_sender(const mail::Address& sender) {
    return SuppressionScope(sender.key());
}

std::optional<SuppressionScope> SuppressionScope::parse(std::string_view text) {
    if (text == kGlobal) {
        return SuppressionScope();
    }
    if (text.contains('@')) {
        const auto sender = mail::Address::parse(text, mail::Smtputf8::Yes);
        return sender.has_value() ? std::optional(of_sender(sender->value)) : std::nullopt;
    }
    const auto domain = mail::Domain::parse(text, mail::Smtputf8::Yes);
    return domain.has_value() ? std::optional(of_domain(domain->value)) : std::nullopt;
}

SuppressionScope SuppressionScope::from_stored(std::string stored) {
    return SuppressionScope(std::move(stored));
}

ScopeKind SuppressionScope::kind() const {
    if (senders_.empty()) {
        return ScopeKind::Global;
    }
    return senders_.contains('@') ? ScopeKind::Sender : ScopeKind::SenderDomain;
}

std::string SuppressionScope::text() const {
    return senders_.empty() ? std::string(kGlobal) : senders_;
}

bool SuppressionScope::covers(const mail::EnvelopeSender& sender,
                              std::string_view recipient) const {
    const auto* const address = std::get_if<mail::Address>(&sender);
    switch (kind()) {
        case ScopeKind::Global:
            return true;
        case ScopeKind::SenderDomain:
            return address != nullptr && address->domain().text() == senders_;
        case ScopeKind::Sender:
            return address != nullptr &&
                   (address->key() == senders_ || mail::folded_sender(address->key()) == senders_ ||
                    mail::folded_sender(address->key(), recipient) == senders_);
    }
    std::unreachable();
}

SuppressionScope scope_of(ScopeKind kind,
                          const mail::EnvelopeSender& sender,
                          std::string_view recipient) {
    const auto* const address = std::get_if<mail::Address>(&sender);
    if (address == nullptr) {
        return {};
    }
    switch (kind) {
        case ScopeKind::Global:
            return {};
        case ScopeKind::SenderDomain:
            return SuppressionScope::of_domain(address->domain());
        case ScopeKind::Sender:
            return SuppressionScope::from_stored(mail::folded_sender(address->key(), recipient));
    }
    std::unreachable();
}

}  // namespace holdback::terms

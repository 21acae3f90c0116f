// SPDX-License-Identifier: Apache-2.0
#pragma once
// The senders for whose mail a suppression entry counts: all, those of a sender domain, or one.

#include "mail/domain.hpp"
#include "mail/envelope.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::terms {

enum class ScopeKind : std::uint8_t { Global, SenderDomain, Sender };

inline constexpr std::array kAllScopeKinds{
    ScopeKind::Global, ScopeKind::SenderDomain, ScopeKind::Sender};

[[nodiscard]] std::string_view wire_name(ScopeKind kind);
[[nodiscard]] std::optional<ScopeKind> parse_scope_kind(std::string_view name);

/// The senders for whose mail an entry counts. Global by default.
class SuppressionScope {
public:
    SuppressionScope() = default;

    /// Counts for the senders of this domain, but not for senders of domains below it.
    [[nodiscard]] static SuppressionScope of_domain(const mail::Domain& domain);
    /// Counts for this envelope sender, in any letter case of its local part, and for senders that
    /// fold to it (`folded_sender`).
    [[nodiscard]] static SuppressionScope of_sender(const mail::Address& sender);
    /// Reads the result of `text`, and any spelling of the domain or address; "global" is no domain
    /// here. nullopt for other texts.
    [[nodiscard]] static std::optional<SuppressionScope> parse(std::string_view text);

    [[nodiscard]] ScopeKind kind() const;
    /// "global", "example.org", "news@example.org"
    [[nodiscard]] std::string text() const;
    /// True when an entry of this scope counts for mail from this sender to this recipient. The
    /// sender may name the recipient (VERP); an empty `recipient` is nobody. Only global entries
    /// count for a sender that is null or not an address.
    [[nodiscard]] bool covers(const mail::EnvelopeSender& sender,
                              std::string_view recipient = {}) const;

    /// The form in the store: "" for the global scope, else `text`.
    [[nodiscard]] const std::string& stored() const { return senders_; }
    /// Takes the result of `stored`, without a check.
    [[nodiscard]] static SuppressionScope from_stored(std::string stored);

    auto operator<=>(const SuppressionScope&) const = default;

private:
    explicit SuppressionScope(std::string senders) : senders_(std::move(senders)) {}

    std::string senders_;  // canonical domain or `Address::key()`; empty: all
};

/// The scope of this kind for mail from this sender to this recipient; global when the sender is
/// null or not an address. Senders that differ for each message (VERP) share one scope.
[[nodiscard]] SuppressionScope scope_of(ScopeKind kind,
                                        const mail::EnvelopeSender& sender,
                                        std::string_view recipient = {});

}  // namespace holdback::terms

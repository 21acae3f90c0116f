// SPDX-License-Identifier: Apache-2.0
#pragma once
// For whose mail a suppression entry counts: everybody's, that of a sender domain, or that of one
// sender.

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

/// The senders for which an entry counts. Global unless said otherwise.
class SuppressionScope {
public:
    SuppressionScope() = default;

    /// Counts for the senders of this domain, not for those of domains below it.
    [[nodiscard]] static SuppressionScope of_domain(const mail::Domain& domain);
    /// Counts for this envelope sender, whatever the letter case of its local part, and for those
    /// that are known as it (`folded_sender`).
    [[nodiscard]] static SuppressionScope of_sender(const mail::Address& sender);
    /// What `text` gives, and any spelling of the domain or address; "global" is no domain here.
    /// nullopt for other texts.
    [[nodiscard]] static std::optional<SuppressionScope> parse(std::string_view text);

    [[nodiscard]] ScopeKind kind() const;
    /// "global", "example.org", "news@example.org"
    [[nodiscard]] std::string text() const;
    /// True when an entry of this scope counts for mail of this sender to this recipient, whom the
    /// sender's address may name (VERP); an empty one is nobody. Mail with the null sender, or with
    /// one that is no address, is under global entries alone.
    [[nodiscard]] bool covers(const mail::EnvelopeSender& sender,
                              std::string_view recipient = {}) const;

    /// As the store keeps it: "" for the global scope, else `text`.
    [[nodiscard]] const std::string& stored() const { return senders_; }
    /// What `stored` gave; the text is taken as it is.
    [[nodiscard]] static SuppressionScope from_stored(std::string stored);

    auto operator<=>(const SuppressionScope&) const = default;

private:
    explicit SuppressionScope(std::string senders) : senders_(std::move(senders)) {}

    std::string senders_;  // canonical domain or `Address::key()`; empty: all
};

/// The scope of a kind for mail of this sender to this recipient; global when the sender is null or
/// no address. Where each message has a sender of its own, it is that of all of them.
[[nodiscard]] SuppressionScope scope_of(ScopeKind kind,
                                        const mail::EnvelopeSender& sender,
                                        std::string_view recipient = {});

}  // namespace holdback::terms

// SPDX-License-Identifier: Apache-2.0
#include "dsn/leave_token.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "dsn/seal.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::dsn {

namespace {

constexpr std::string_view kMark = "hbl-";
// The label of the MAC stands in front, so that no MAC can pass for another kind.
constexpr std::string_view kLabel = "holdback leave\n";
constexpr std::size_t kMacDigits = 20;
/// RFC 5321 section 4.5.3.1.1.
constexpr std::size_t kMostLocalPart = 64;
/// A field of this length stays on one line everywhere (RFC 5322 section 2.1.1).
constexpr std::size_t kMostField = 900;

std::string token_for(std::string_view mailbox,
                      std::string_view recipient,
                      std::string_view sender,
                      const core::SecretKey& key) {
    const std::string signed_text = fmt::format("{}{}\n{}\n{}",
                                                kLabel,
                                                core::to_lower(mailbox),
                                                core::to_lower(recipient),
                                                core::to_lower(sender));
    return fmt::format(
        "{}{}", kMark, core::to_hex(core::hmac_sha256(key, signed_text)).substr(0, kMacDigits));
}

/// Percent-encodes what a mailto URI can't hold (RFC 6068 section 2).
std::string in_uri(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = core::is_ascii_alpha(c) || core::is_ascii_digit(c) ||
                           std::string_view("-._~@").find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

std::optional<std::string> key_of(std::string_view text) {
    const auto address = mail::Address::parse(text, mail::Smtputf8::No);
    return address.has_value() ? std::optional(address->value.key()) : std::nullopt;
}

}  // namespace

std::optional<std::string> leave_field(std::string_view mailbox,
                                       const mail::Address& recipient,
                                       const mail::Address& sender,
                                       const SealKey& key) {
    const std::size_t at = mailbox.rfind('@');
    // The subject names the addresses as words.
    const auto fits = [](std::string_view address) {
        return !core::has_non_ascii(address) && !address.contains(' ');
    };
    if (at == std::string_view::npos || !fits(mailbox) || !fits(recipient.key()) ||
        !fits(sender.key())) {
        return std::nullopt;
    }
    const std::string local =
        fmt::format("{}+{}",
                    mailbox.substr(0, at),
                    token_for(mailbox, recipient.key(), sender.key(), key.secret));
    std::string field = fmt::format("<mailto:{}{}?subject=leave%20{}%20{}>",
                                    in_uri(local),
                                    mailbox.substr(at),
                                    in_uri(recipient.key()),
                                    in_uri(sender.key()));
    if (local.size() > kMostLocalPart || field.size() > kMostField) {
        return std::nullopt;
    }
    return field;
}

std::optional<Leaving> proven_leaving(std::string_view to,
                                      std::string_view subject,
                                      const SealKeys& keys) {
    const std::size_t at = to.rfind('@');
    const std::size_t plus = to.find('+');
    if (at == std::string_view::npos || plus == std::string_view::npos || plus > at) {
        return std::nullopt;
    }
    const std::string mailbox = std::string(to.substr(0, plus)).append(to.substr(at));
    const std::string detail = core::to_lower(to.substr(plus + 1, at - plus - 1));
    std::vector<std::string_view> named = core::split(subject, ' ');
    std::erase_if(named, [](std::string_view word) { return !word.contains('@'); });
    if (!detail.starts_with(kMark) || named.size() != 2) {
        return std::nullopt;
    }
    const auto recipient = key_of(named[0]);
    const auto sender = key_of(named[1]);
    if (!recipient.has_value() || !sender.has_value()) {
        return std::nullopt;
    }
    const std::vector<std::uint8_t> claimed(detail.begin(), detail.end());
    const bool is_ours = std::ranges::any_of(keys, [&](const SealKey& key) {
        const std::string made = token_for(mailbox, *recipient, *sender, key.secret);
        return core::same_octets(claimed, std::vector<std::uint8_t>(made.begin(), made.end()));
    });
    return is_ours ? std::optional(Leaving{.recipient = *recipient, .sender = *sender})
                   : std::nullopt;
}

}  // namespace holdback::dsn

// SPDX-License-Identifier: Apache-2.0
#include "dsn/seal.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::dsn {

namespace {

constexpr std::size_t kKeyOctets = 4;
constexpr std::size_t kTimeOctets = 5;
constexpr std::size_t kSaltOctets = 4;
constexpr std::size_t kHeadOctets = kKeyOctets + kTimeOctets + kSaltOctets;
constexpr std::size_t kTagOctets = 5;
constexpr std::size_t kMacOctets = 16;
constexpr std::size_t kFewestTags = 8;
constexpr std::size_t kMostTags = kMostSealedRecipients + 1;
constexpr std::size_t kLineOctets = 64;
constexpr std::chrono::minutes kClockSlack{5};

// Each MAC begins with the label of its use, so that none can pass for another.
constexpr std::string_view kTagLabel = "holdback tag\n";
constexpr std::string_view kMessageLabel = "holdback message\n";
constexpr std::string_view kFillLabel = "holdback fill\n";
constexpr std::string_view kSaltLabel = "holdback salt\n";

/// What the MAC of a seal says about the seal.
struct SealKind {
    std::string_view label;
    bool shared;
    bool envelope_id;
};

constexpr auto kSealKinds = std::to_array<SealKind>({
    {"holdback seal of one\n", false, false},
    {"holdback seal of many\n", true, false},
    {"holdback envelope id of one\n", false, true},
    {"holdback envelope id of many\n", true, true},
});

enum class SealPlace : std::uint8_t { Field, EnvelopeId };

/// Octets as text, over which MACs are made.
template <typename Octets>
std::string text_of(const Octets& octets) {
    return {octets.begin(), octets.end()};
}

std::string time_octets(core::TimePoint now) {
    auto seconds = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    std::string octets(kTimeOctets, '\0');
    for (std::size_t i = kTimeOctets; i > 0; --i) {
        octets.at(i - 1) = static_cast<char>(seconds & 0xFFU);
        seconds >>= 8U;
    }
    return octets;
}

core::TimePoint time_of(std::string_view octets) {
    std::uint64_t seconds = 0;
    for (const char c : octets) {
        seconds = (seconds << 8U) | static_cast<unsigned char>(c);
    }
    return core::TimePoint(std::chrono::seconds(seconds));
}

/// The first octets of a MAC over pieces. All pieces but the last have a fixed length.
std::string mac(const core::SecretKey& secret,
                std::string_view label,
                std::string_view head,
                std::string_view rest,
                std::size_t octets) {
    const std::string message = fmt::format("{}{}{}", label, head, rest);
    return text_of(core::hmac_sha256(secret, message)).substr(0, octets);
}

std::string seal_mac(const core::SecretKey& secret,
                     std::string_view label,
                     std::string_view head,
                     std::string_view tags,
                     std::string_view sender) {
    const std::string rest = fmt::format("{:08x}{}{}", tags.size(), tags, sender);
    return mac(secret, label, head, rest, kMacOctets);
}

std::string_view label_of(SealPlace place, std::size_t recipients) {
    const bool shared = recipients > 1;
    const bool envelope_id = place == SealPlace::EnvelopeId;
    return std::ranges::find_if(kSealKinds,
                                [&](const SealKind& kind) {
                                    return kind.shared == shared && kind.envelope_id == envelope_id;
                                })
        ->label;
}

/// The tags of the recipients, of the message if it has an identity, and of nobody, in an order
/// that reveals nothing.
std::string tags_of(std::span<const std::string> recipients,
                    std::string_view identity,
                    const core::SecretKey& secret,
                    std::string_view head) {
    std::vector<std::string> tags;
    if (!identity.empty()) {
        tags.push_back(mac(secret, kMessageLabel, head, identity, kTagOctets));
    }
    for (const std::string& recipient : recipients) {
        tags.push_back(mac(secret, kTagLabel, head, recipient, kTagOctets));
    }
    const std::size_t wanted = std::max(kFewestTags, std::bit_ceil(tags.size()));
    while (tags.size() < wanted) {
        tags.push_back(mac(secret, kFillLabel, head, fmt::format("{}", tags.size()), kTagOctets));
    }
    std::ranges::sort(tags);
    return fmt::format("{}", fmt::join(tags, ""));
}

std::string sealed_text(const SealedMessage& message,
                        SealPlace place,
                        const core::SecretKey& secret,
                        const std::string& head) {
    const std::size_t most_tags =
        place == SealPlace::EnvelopeId ? kEnvelopeIdTags : kMostSealedRecipients;
    const std::span<const std::string> recipients(message.recipients);
    const std::string tags =
        tags_of(recipients.first(std::min(most_tags, recipients.size())),
                place == SealPlace::Field ? std::string_view(message.identity) : std::string_view(),
                secret,
                head);
    const std::string whole = fmt::format(
        "{}{}{}",
        head,
        tags,
        seal_mac(secret, label_of(place, recipients.size()), head, tags, message.sender));
    const std::vector<std::uint8_t> octets(whole.begin(), whole.end());
    return fmt::format("{}{}", kSealMark, core::to_base64url(octets));
}

std::string folded(std::string_view text) {
    std::string out;
    while (text.size() > kLineOctets) {
        out += text.substr(0, kLineOctets);
        out += "\n\t";
        text.remove_prefix(kLineOctets);
    }
    return out.append(text);
}

/// Compares in a time that depends on the lengths only.
bool same_text(std::string_view left, std::string_view right) {
    unsigned difference = left.size() == right.size() ? 0U : 1U;
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(left[i])) ^
                      static_cast<unsigned char>(right[i]);
    }
    return difference == 0;
}

/// The octets of a well-formed seal; empty for any other text.
std::string octets_of_seal(std::string_view text) {
    const std::string bare = bare_seal(text);
    if (!bare.starts_with(kSealMark)) {
        return {};
    }
    const auto octets = core::from_base64url(std::string_view(bare).substr(kSealMark.size()));
    if (!octets.has_value() || octets->size() < kHeadOctets + kMacOctets) {
        return {};
    }
    const std::size_t tags = octets->size() - kHeadOctets - kMacOctets;
    const std::size_t count = tags / kTagOctets;
    if (tags % kTagOctets != 0 || count < kFewestTags || count > kMostTags ||
        !std::has_single_bit(count)) {
        return {};
    }
    return text_of(*octets);
}

bool is_seal_octet(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '-' || c == '_';
}

/// Where a seal goes on behind a line end: after quote marks and the white space of a folded field.
/// nullopt when the field ends there.
std::optional<std::size_t> next_line(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == '\r' || text[at] == '\n')) {
        ++at;
    }
    while (at < text.size() && text[at] == '>') {
        ++at;
        if (at < text.size() && text[at] == ' ') {
            ++at;
        }
    }
    const std::size_t folded_from = at;
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) {
        ++at;
    }
    return at > folded_from ? std::optional(at) : std::nullopt;
}

}  // namespace

std::string bare_seal(std::string_view text) {
    std::string bare;
    std::ranges::copy_if(
        text, std::back_inserter(bare), [](char c) { return !core::is_ascii_space(c); });
    return bare;
}

Seal make_seal(const SealedMessage& message,
               const SealKey& key,
               core::TimePoint now,
               std::string_view nonce) {
    const std::string stamp = text_of(key.id) + time_octets(now);
    const std::string head = stamp + mac(key.secret, kSaltLabel, stamp, nonce, kSaltOctets);
    return {.envelope_id = sealed_text(message, SealPlace::EnvelopeId, key.secret, head),
            .field = folded(sealed_text(message, SealPlace::Field, key.secret, head))};
}

bool OpenSeal::covers(std::string_view recipient) const {
    return has_tag(mac(secret_, kTagLabel, head_, recipient, kTagOctets));
}

bool OpenSeal::is_of(std::string_view identity) const {
    return !identity.empty() && has_tag(mac(secret_, kMessageLabel, head_, identity, kTagOctets));
}

bool OpenSeal::has_tag(std::string_view wanted) const {
    bool found = false;
    for (std::size_t at = 0; at < tags_.size(); at += kTagOctets) {
        const bool same = same_text(std::string_view(tags_).substr(at, kTagOctets), wanted);
        found = found || same;
    }
    return found;
}

core::Result<OpenSeal, SealFlaw> open_seal(std::string_view text,
                                           std::span<const std::string> senders,
                                           const SealKeys& keys,
                                           core::TimePoint now,
                                           std::chrono::seconds lifetime) {
    const std::string octets = octets_of_seal(text);
    if (octets.empty()) {
        return std::unexpected(SealFlaw::Malformed);
    }
    OpenSeal seal;
    seal.head_ = octets.substr(0, kHeadOctets);
    seal.tags_ = octets.substr(kHeadOctets, octets.size() - kHeadOctets - kMacOctets);
    seal.made_ = time_of(std::string_view(seal.head_).substr(kKeyOctets, kTimeOctets));
    seal.message_ = core::to_hex(std::vector<std::uint8_t>(seal.head_.begin(), seal.head_.end()));
    const auto key = std::ranges::find_if(
        keys, [&](const SealKey& each) { return seal.head_.starts_with(text_of(each.id)); });
    if (key == keys.end()) {
        return std::unexpected(SealFlaw::UnknownKey);
    }
    seal.secret_ = key->secret;
    const std::string_view claimed = std::string_view(octets).substr(octets.size() - kMacOctets);
    bool fits = false;
    for (const std::string& sender : senders) {
        for (const SealKind& kind : kSealKinds) {
            if (same_text(claimed,
                          seal_mac(key->secret, kind.label, seal.head_, seal.tags_, sender))) {
                seal.sender_ = sender;
                seal.shared_ = kind.shared;
                seal.envelope_id_ = kind.envelope_id;
                fits = true;
            }
        }
    }
    if (!fits) {
        return std::unexpected(SealFlaw::Altered);
    }
    // The time is checked last: only now is it known to be ours.
    if (seal.made_ > now + kClockSlack) {
        return std::unexpected(SealFlaw::Future);
    }
    if (now - seal.made_ > lifetime) {
        return std::unexpected(SealFlaw::Expired);
    }
    return seal;
}

std::vector<std::string> find_seals(std::string_view text, std::size_t most) {
    std::vector<std::string> found;
    std::size_t at = text.find(kSealMark);
    while (at != std::string_view::npos && found.size() < most) {
        std::string seal(kSealMark);
        at += kSealMark.size();
        while (at < text.size()) {
            if (is_seal_octet(text[at])) {
                seal += text[at];
                ++at;
                continue;
            }
            const bool line_ends = text[at] == '\r' || text[at] == '\n';
            const auto next = line_ends ? next_line(text, at) : std::nullopt;
            if (!next.has_value()) {
                break;
            }
            at = *next;
        }
        found.push_back(std::move(seal));
        at = text.find(kSealMark, at);
    }
    return found;
}

std::string key_name(const SealKeyId& id) {
    return core::to_hex(id);
}

SealKeys keys_in_use(const SealKeys& keys, core::TimePoint now, std::chrono::seconds lifetime) {
    SealKeys used;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        // A key signs until the next one is made.
        if (i + 1 == keys.size() || now - keys[i + 1].made <= lifetime) {
            used.push_back(keys[i]);
        }
    }
    return used;
}

}  // namespace holdback::dsn

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The seal: what outgoing mail carries so that a bounce which returns it can be believed. It is a
// MAC over the key's id, the time, the envelope sender and a tag for each recipient, and goes out
// twice: as the envelope id (RFC 3461 section 4.4), which has room for eight tags, and as a header
// field. Both are one kind of text:
//
//     "hb1." base64url( key id [4] time [5] salt [4] tags [5 each] MAC [16] )
//
// The MAC of the envelope id is made over another label than that of the field, so that neither can
// be made of the other: the field is in every recipient's copy, while the envelope id stays between
// MTAs.
//
// The number of tags is a power of two from eight on, filled up with tags of nobody, so that it
// does not tell how many hidden recipients there are. In the field, one more tag is that of the
// message itself: by it the message is known again on its next pass. Whether several recipients
// have seen the seal is known to the holder of the key alone: the MAC is made over one label or the
// other.

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

inline constexpr std::string_view kSealField = "X-Holdback-Seal";
/// What every seal begins with.
inline constexpr std::string_view kSealMark = "hb1.";
/// Recipients beyond this many have no tag in the header field, and nothing proves their bounces;
/// one more tag is the message's.
inline constexpr std::size_t kMostSealedRecipients = 1023;
/// As many have one in the envelope id, whose length RFC 3461 limits to 100 characters.
inline constexpr std::size_t kEnvelopeIdTags = 8;

using SealKeyId = std::array<std::uint8_t, 4>;

struct SealKey {
    SealKeyId id{};
    core::SecretKey secret{};
    core::TimePoint made;  ///< from then on it signs

    bool operator==(const SealKey&) const = default;
};

/// The keys in the order of their making; the last one signs, all verify.
using SealKeys = std::vector<SealKey>;

/// What is sealed. Sender and recipients are `Address::key()` where they parse.
struct SealedMessage {
    std::string sender;
    std::vector<std::string> recipients;
    /// Tells the message from others of its sender; empty: nothing does.
    std::string identity;
};

struct Seal {
    std::string envelope_id;  ///< at most 100 characters that need no xtext
    std::string field;        ///< the value of `kSealField`, folded by "\n\t"
};

/// Seals a message that leaves at `now`. `nonce` is different for each message: two that leave
/// within one second have different seals by it.
[[nodiscard]] Seal make_seal(const SealedMessage& message,
                             const SealKey& key,
                             core::TimePoint now,
                             std::string_view nonce);

/// Why a seal is worth nothing.
enum class SealFlaw : std::uint8_t {
    Malformed,   ///< no seal at all, or cut
    UnknownKey,  ///< made by somebody else, or with a key that is gone
    Expired,
    Future,   ///< made later than now
    Altered,  ///< the MAC does not fit: changed, cut at a lucky place, or of another sender
};

/// A seal whose MAC fits. Holds the secret; keep it for as long as a report is looked at.
class OpenSeal {
public:
    /// True when the message went to this recipient (a key as in `SealedMessage`). Takes the same
    /// time for all: some microseconds for each thousand tags.
    [[nodiscard]] bool covers(std::string_view recipient) const;
    /// True for the field of the message that was sealed with this identity.
    [[nodiscard]] bool is_of(std::string_view identity) const;
    /// True when more than one recipient has received this seal, so that each of them could show it
    /// as the other's.
    [[nodiscard]] bool is_shared() const { return shared_; }
    /// True for the envelope id, which mail systems alone have seen; false for the field, which
    /// every recipient has.
    [[nodiscard]] bool is_envelope_id() const { return envelope_id_; }
    [[nodiscard]] const std::string& sender() const { return sender_; }
    [[nodiscard]] core::TimePoint made() const { return made_; }
    /// Names the message: the same for its envelope id and its header field.
    [[nodiscard]] const std::string& message() const { return message_; }

private:
    friend core::Result<OpenSeal, SealFlaw> open_seal(std::string_view text,
                                                      std::span<const std::string> senders,
                                                      const SealKeys& keys,
                                                      core::TimePoint now,
                                                      std::chrono::seconds lifetime);
    OpenSeal() = default;

    [[nodiscard]] bool has_tag(std::string_view wanted) const;

    core::SecretKey secret_{};
    std::string head_;  // key id, time and salt: what tags are bound to
    std::string tags_;
    std::string sender_;
    std::string message_;
    core::TimePoint made_;
    bool shared_ = false;
    bool envelope_id_ = false;
};

/// Opens a seal; white space within it does not matter. It fits when it was made for one of
/// `senders` by one of `keys`, not longer ago than `lifetime` and not (five minutes of wrong clocks
/// apart) after `now`.
[[nodiscard]] core::Result<OpenSeal, SealFlaw> open_seal(std::string_view text,
                                                         std::span<const std::string> senders,
                                                         const SealKeys& keys,
                                                         core::TimePoint now,
                                                         std::chrono::seconds lifetime);

/// A seal without white space, as which two spellings of it are the same.
[[nodiscard]] std::string bare_seal(std::string_view text);

/// Everything in a text that looks like a seal, white space and quote marks ("> ") at the beginning
/// of its lines removed; at most `most`. Linear in the length of the text.
[[nodiscard]] std::vector<std::string> find_seals(std::string_view text, std::size_t most = 8);

/// The name of a key as people see it: eight hexadecimal digits.
[[nodiscard]] std::string key_name(const SealKeyId& id);

/// The keys that can still be needed at `now`: the last one, and those that signed within
/// `lifetime`.
[[nodiscard]] SealKeys keys_in_use(const SealKeys& keys,
                                   core::TimePoint now,
                                   std::chrono::seconds lifetime);

}  // namespace holdback::dsn

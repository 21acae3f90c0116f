// SPDX-License-Identifier: Apache-2.0
#pragma once
// The seal of outgoing mail. A bounce that returns it can be believed. It is a MAC over the key's
// id, the time, the envelope sender and a tag for each recipient. It goes out twice: as the
// envelope id (RFC 3461 section 4.4), which has room for eight tags, and as a header field. Both
// have the same form:
//
//     "hb1." base64url( key id [4] time [5] salt [4] tags [5 each] MAC [16] )
//
// The MACs of the envelope id and of the field have different labels, so that neither can be made
// from the other: the field is in every recipient's copy, but the envelope id stays between MTAs.
//
// The number of tags is a power of two, at least eight. Tags of nobody fill it up, so that it does
// not tell how many hidden recipients there are. In the field one more tag is for the message
// itself, which identifies the message on its next pass. The label of the MAC tells whether several
// recipients have seen the seal; only the holder of the key can find it out.

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

inline constexpr std::string_view kSealField = "X-Holdback-Seal";
/// Every seal begins with this.
inline constexpr std::string_view kSealMark = "hb1.";
/// The most recipients with a tag in the header field. Nothing proves the bounces of further ones.
/// One more tag is for the message.
inline constexpr std::size_t kMostSealedRecipients = 1023;
/// The most recipients with a tag in the envelope id, which RFC 3461 limits to 100 characters.
inline constexpr std::size_t kEnvelopeIdTags = 8;

using SealKeyId = std::array<std::uint8_t, 4>;

struct SealKey {
    SealKeyId id{};
    core::SecretKey secret{};
    core::TimePoint made;  ///< the key signs from then on

    bool operator==(const SealKey&) const = default;
};

/// The keys in the order in which they were made. The last one signs; all of them verify.
using SealKeys = std::vector<SealKey>;

/// What is sealed. Sender and recipients are `Address::key()` where they parse.
struct SealedMessage {
    std::string sender;
    std::vector<std::string> recipients;
    /// Distinguishes the message from others of its sender; empty when nothing does.
    std::string identity;
};

struct Seal {
    std::string envelope_id;  ///< at most 100 characters that need no xtext
    std::string field;        ///< the value of `kSealField`, folded by "\n\t"
};

/// Seals a message that leaves at `now`. `nonce` differs for each message, so that two messages
/// within one second have different seals.
[[nodiscard]] Seal make_seal(const SealedMessage& message,
                             const SealKey& key,
                             core::TimePoint now,
                             std::string_view nonce);

/// The reason why a seal is worth nothing.
enum class SealFlaw : std::uint8_t {
    Malformed,   ///< not a seal at all, or cut
    UnknownKey,  ///< made by somebody else, or with a key that is gone
    Expired,
    Future,   ///< made later than now
    Altered,  ///< the MAC does not fit: changed, cut at a lucky place, or from another sender
};

/// A seal whose MAC fits. It holds the secret, so keep it only while a report is examined.
class OpenSeal {
public:
    /// True when the message went to this recipient (a key as in `SealedMessage`). Takes the same
    /// time for every recipient: some microseconds per thousand tags.
    [[nodiscard]] bool covers(std::string_view recipient) const;
    /// True for the field of a message that was sealed with this identity.
    [[nodiscard]] bool is_of(std::string_view identity) const;
    /// True when several recipients have received this seal. Each of them could show it as
    /// another's.
    [[nodiscard]] bool is_shared() const { return shared_; }
    /// True for the envelope id, which only mail systems have seen; false for the field, which
    /// every recipient has.
    [[nodiscard]] bool is_envelope_id() const { return envelope_id_; }
    [[nodiscard]] const std::string& sender() const { return sender_; }
    [[nodiscard]] core::TimePoint made() const { return made_; }
    /// Identifies the message: the same for its envelope id and its header field.
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

/// Opens a seal, whatever white space is in it. It fits when it was made for one of `senders` with
/// one of `keys`, at most `lifetime` ago and not after `now` (clocks may differ by five minutes).
[[nodiscard]] core::Result<OpenSeal, SealFlaw> open_seal(std::string_view text,
                                                         std::span<const std::string> senders,
                                                         const SealKeys& keys,
                                                         core::TimePoint now,
                                                         std::chrono::seconds lifetime);

/// A seal without white space. Two spellings of one seal are then the same.
[[nodiscard]] std::string bare_seal(std::string_view text);

/// Everything in a text that looks like a seal, without white space and quote marks ("> ") at the
/// beginning of its lines; at most `most`. Linear in the length of the text.
[[nodiscard]] std::vector<std::string> find_seals(std::string_view text, std::size_t most = 8);

/// The name of a key for people: eight hexadecimal digits.
[[nodiscard]] std::string key_name(const SealKeyId& id);

/// The keys that may still be needed at `now`: the last one, and those that signed within
/// `lifetime`.
[[nodiscard]] SealKeys keys_in_use(const SealKeys& keys,
                                   core::TimePoint now,
                                   std::chrono::seconds lifetime);

}  // namespace holdback::dsn

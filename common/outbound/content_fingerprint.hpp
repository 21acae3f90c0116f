// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells whether two messages of one sender say the same thing, although each names its own
// recipient.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace holdback::outbound {

/// The parts of a message that are compared. Any octets are accepted; invalid UTF-8 is replaced.
struct Content {
    std::string subject;             ///< decoded (RFC 2047)
    std::vector<std::string> texts;  ///< as a person reads them, line ends "\n"
    std::string from;
    std::string in_reply_to;
    std::vector<std::string> attachments;  ///< file names
    bool is_reply = false;                 ///< the header has In-Reply-To or References
    /// Texts that name the recipient: the local part, the display name. They are split into words
    /// here.
    std::vector<std::string> personal;
};

/// Makes two messages comparable. The parts that differ between recipients of a campaign do not
/// count: the words of `personal`, addresses, links, and words with a digit. Letter case,
/// punctuation, quoted lines, and everything from a signature mark ("-- ") on do not count either.
struct ContentFingerprint {
    /// Equal for equal subjects. 0 when the subject tells nothing: it belongs to a reply or a
    /// forwarded message, or has fewer than two words ("Invoice 4711", "Hello").
    std::uint64_t subject = 0;
    /// The smallest hashes of the text's words and word pairs, ascending. Empty when the text has
    /// fewer than `kFewestWords` words: it tells nothing. A text of fewer than `kLooseWords` words
    /// has one hash of the whole, so only equal texts match.
    std::vector<std::uint32_t> sketch;

    bool operator==(const ContentFingerprint&) const = default;
};

inline constexpr std::size_t kFewestWords = 4;
inline constexpr std::size_t kTellingWords = 8;
inline constexpr std::size_t kLooseWords = 12;
/// The most hashes in a sketch. Texts of up to about sixty words are compared in full, longer ones
/// by a sample.
inline constexpr std::size_t kSketchHashes = 128;

/// No more of a text than this is sketched.
inline constexpr std::size_t kSketchedOctets = std::size_t{24} * 1024;

/// The same content has the same fingerprint on every machine and after every restart.
[[nodiscard]] ContentFingerprint content_fingerprint(const Content& content);

enum class Links : std::uint8_t { Whole, HostsAlone };

/// A digest of the message as its recipient reads it, with names and numbers. It is equal only when
/// the same author says the same thing to the same person, with attachments of the same names.
/// Punctuation in the subject does not count. Empty when the text has fewer words than `fewest`, or
/// when there is nothing to read.
[[nodiscard]] std::string exact_digest(const Content& content,
                                       Links links,
                                       std::size_t fewest = kTellingWords);

/// True when the two texts share at least seven tenths of all that they say together.
[[nodiscard]] bool same_text(const std::vector<std::uint32_t>& left,
                             const std::vector<std::uint32_t>& right);

}  // namespace holdback::outbound

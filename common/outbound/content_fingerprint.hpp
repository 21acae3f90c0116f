// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells whether two messages of one sender say the same, though each names its own recipient.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// What of a message is compared. Any octets; what is not UTF-8 is replaced.
struct Content {
    std::string subject;             ///< decoded (RFC 2047)
    std::vector<std::string> texts;  ///< as a person reads them, line ends "\n"
    std::string from;
    std::string in_reply_to;
    std::vector<std::string> attachments;  ///< names of what is attached
    bool is_reply = false;                 ///< the header says so: In-Reply-To, References
    /// What names the recipient: the local part, the display name. Taken apart into words here.
    std::vector<std::string> personal;
};

/// Makes two messages comparable. What differs from one recipient of a campaign to the next does
/// not count: the words of `personal`, addresses, links, and all words with a digit. Neither do
/// letter case, punctuation, quoted lines, and all from a signature ("-- ") on.
struct ContentFingerprint {
    /// Equal for equal subjects; 0 when the subject says nothing: that of a reply or of a forwarded
    /// message, or one of fewer than two words ("Invoice 4711", "Hello").
    std::uint64_t subject = 0;
    /// The smallest hashes of the text's words and pairs of neighbours, ascending. Empty when the
    /// text has fewer than `kFewestWords`: it says nothing. One hash of the whole when it has fewer
    /// than `kLooseWords`: such texts are the same only when their words are.
    std::vector<std::uint32_t> sketch;

    bool operator==(const ContentFingerprint&) const = default;
};

inline constexpr std::size_t kFewestWords = 4;
inline constexpr std::size_t kTellingWords = 8;
inline constexpr std::size_t kLooseWords = 12;
/// Hashes in a sketch at most: texts of up to some sixty words are compared in full, longer ones by
/// a sample.
inline constexpr std::size_t kSketchHashes = 128;

/// Of a text, what is looked at at most.
inline constexpr std::size_t kSketchedOctets = std::size_t{24} * 1024;

/// Stable: the same content has the same fingerprint on every machine and after every restart.
[[nodiscard]] ContentFingerprint content_fingerprint(const Content& content);

enum class Links : std::uint8_t { Whole, HostsAlone };

/// A digest of the message as this recipient reads it, names and numbers included: equal only for
/// the same thing said by the same author to the same person, with attachments of the same names.
/// Of the subject, the words count. Empty when the text has fewer words than `fewest`, and when
/// there is nothing to read at all.
[[nodiscard]] std::string exact_digest(const Content& content,
                                       Links links,
                                       std::size_t fewest = kTellingWords);

/// True when seven tenths of all that the two texts say is common to both.
[[nodiscard]] bool same_text(const std::vector<std::uint32_t>& left,
                             const std::vector<std::uint32_t>& right);

}  // namespace holdback::outbound

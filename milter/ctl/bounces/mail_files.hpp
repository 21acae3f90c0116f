// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads messages from files, mailboxes in mbox format, directories and standard input.

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace holdback::milter::ctl {

/// One message of a file.
struct MailText {
    std::string octets;  ///< cut if longer than requested
    std::size_t number;  ///< within its file, from 1
    bool alone;          ///< the file has no other message
};

/// Gives the messages of a stream one after the other, each cut at `most_octets`; has two of them
/// in memory at most. A stream is a mailbox when it begins with a "From " line. A further message
/// begins at a line like "From sender Mon Jan  1 00:00:00 2024" after an empty line and before a
/// header field (RFC 4155). Everything else is one message, even an empty stream.
class MailStream {
public:
    /// `in` outlives the stream.
    MailStream(std::istream& in, std::size_t most_octets);
    MailStream(const MailStream&) = delete;
    MailStream& operator=(const MailStream&) = delete;
    MailStream(MailStream&&) = delete;
    MailStream& operator=(MailStream&&) = delete;
    ~MailStream() = default;

    [[nodiscard]] std::optional<MailText> next();
    /// How many octets of the stream have been read.
    [[nodiscard]] std::uintmax_t octets_read() const { return octets_read_; }

private:
    /// A line with its end, or a part of a line that is longer than the buffer.
    struct Piece {
        std::string_view text;  ///< valid until the next piece is read
        bool begins_line;
    };

    [[nodiscard]] std::string_view buffered() const;
    [[nodiscard]] bool read_more();
    [[nodiscard]] std::optional<Piece> next_piece();
    void keep(std::string& octets, std::string_view text) const;

    std::istream& in_;
    std::size_t most_octets_;
    std::string buffer_;
    std::size_t at_ = 0;   ///< start of the octets not yet handed out
    std::size_t end_ = 0;  ///< their end in the buffer
    std::uintmax_t octets_read_ = 0;
    bool is_first_ = true;
    bool at_line_ = true;
    bool after_blank_ = false;
    bool is_mailbox_ = false;
    bool ended_ = false;
    std::size_t count_ = 0;
    std::string begun_;  ///< the first lines of the next message
};

struct UnreadablePath {
    std::string path;
    std::error_code error;
};

/// Replaces each directory by the regular files in and below it, in the order of their paths; other
/// paths stay as they are. Directories that cannot be read go to `unreadable`. Links to directories
/// are not followed.
[[nodiscard]] std::vector<std::string> expand_paths(const std::vector<std::string>& paths,
                                                    std::vector<UnreadablePath>& unreadable);

}  // namespace holdback::milter::ctl

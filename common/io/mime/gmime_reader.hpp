// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads MIME messages with GMime, within fixed limits.

#include "dsn/message_view.hpp"
#include "ports/message_reader.hpp"
#include "reading/html_text.hpp"

#include <cstddef>
#include <string_view>

namespace holdback::io::mime {

/// How much of a message is read. The rest is left out, and `limits_hit` names the limit.
struct ReaderLimits {
    std::size_t octets = 2UL * 1024 * 1024;         ///< of the message ("size")
    std::size_t header_octets = 256UL * 1024;       ///< of all headers together ("header")
    std::size_t parts = 100;                        ///< leaves and embedded messages ("parts")
    int depth = 12;                                 ///< multiparts and messages nested ("depth")
    std::size_t part_text_octets = 256UL * 1024;    ///< of one part's decoded text ("text")
    std::size_t total_text_octets = 1024UL * 1024;  ///< of all parts' texts together ("text")
    /// Of a message within. The rest is of no interest and is not reported.
    std::size_t embedded_octets = 128UL * 1024;
    reading::HtmlParts html_parts = reading::HtmlParts::All;
};

/// Reads with GMime. Holds nothing but its limits, so any number of threads may share one.
class GmimeReader final : public ports::MessageReader {
public:
    explicit GmimeReader(ReaderLimits limits = ReaderLimits{});

    /// Line ends may be LF, CRLF, bare CR or a mix; an mbox "From " line in front is skipped. A
    /// text whose charset is unknown or wrong is kept, with U+FFFD for what is not UTF-8.
    [[nodiscard]] dsn::MessageView read(std::string_view octets) const override;

private:
    ReaderLimits limits_;
};

}  // namespace holdback::io::mime

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The label of a held message. It stands after the message's octets in the spool, so that held mail
// can be listed again when the store is lost.

#include "core/result.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::terms {

/// A held message and its held recipients, as they were when it was held. Only the store knows what
/// happened later (attempts, answers, doubt, ids, ends).
struct HeldLabel {
    HeldMessage message;
    std::vector<HeldRecipient> recipients;
};

enum class LabelError : std::uint8_t {
    Missing,  ///< there is no label at the end
    Damaged,  ///< not the octets that were written
    Newer,    ///< made by a newer version of the program
};

[[nodiscard]] std::string_view explain(LabelError error);

/// The last octets of a labelled file: they tell where its label begins.
inline constexpr std::size_t kLabelEndOctets = 78;
/// The longest label.
inline constexpr std::size_t kMostLabelOctets = std::size_t{64} * 1024 * 1024;

/// The text that is put after the message: lines "NAME VALUE". The first line has the version. The
/// last line (`kLabelEndOctets` long) has the length of the lines before it and their SHA-256.
/// Values may be any octets.
[[nodiscard]] std::string encode_label(const HeldMessage& message,
                                       std::span<const HeldRecipient> recipients);

/// The length of the label at the end of a file, from the last `kLabelEndOctets` of the file;
/// nullopt when they end no label.
[[nodiscard]] std::optional<std::size_t> label_octets(std::string_view end);

/// Reads what `encode_label` made. Lines with unknown names are skipped, so that an older program
/// reads the additions of a newer one within the same version of labels.
[[nodiscard]] core::Result<HeldLabel, LabelError> decode_label(std::string_view text);

}  // namespace holdback::terms

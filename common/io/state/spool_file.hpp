// SPDX-License-Identifier: Apache-2.0
#pragma once
// One file of the spool: the octets of a message, and behind them the label that says whom it is
// for. Files of the first format have no label.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "ports/spool.hpp"
#include "terms/held_label.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::io::state {

/// How names of message files end.
inline constexpr std::string_view kLabelledFile = ".held";
inline constexpr std::string_view kPlainFile = ".eml";  ///< without a label

/// True for what can be the id of a message in the spool: such a text is no path.
[[nodiscard]] bool is_spool_id(std::string_view text);

/// The id in the name of a message file, or of another kind of file that ends in `suffix`.
[[nodiscard]] std::optional<std::string> spool_id_in(std::string_view name,
                                                     std::string_view suffix);

/// The error of a call on a file as text.
[[nodiscard]] ports::SpoolError spool_error(std::string_view path,
                                            std::string_view call,
                                            int error);

/// open(2) for a file that is no symbolic link; closed at exec.
[[nodiscard]] system::FileHandle open_in_spool(const std::string& path,
                                               int flags,
                                               unsigned mode = 0);

/// A message file that is open for reading. Used by one thread at a time.
class SpoolFile {
public:
    /// The error is errno's.
    [[nodiscard]] static core::Result<SpoolFile, int> open(std::string path);

    /// The length of the whole file.
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] bool is_labelled() const;

    /// What of the first `octets` octets was read, and their SHA-256.
    struct Read {
        std::uint64_t octets = 0;
        std::string digest;
        bool stopped = false;  ///< `take` had enough: the digest is of less than all
    };
    /// Gives the first `octets` octets, or as many as there are, in pieces of at most 64 KiB until
    /// `take` returns false.
    [[nodiscard]] core::Result<Read, ports::SpoolError> read(
        std::uint64_t octets, const std::function<bool(std::string_view)>& take) const;

    /// The label at the end. A file that can't be read is an error of the spool.
    [[nodiscard]] core::Result<core::Result<terms::HeldLabel, terms::LabelError>, ports::SpoolError>
    label() const;

    /// Compares with what is known of the message: its length, and its digest unless that is empty.
    [[nodiscard]] core::Result<ports::CopyCheck, ports::SpoolError> check(
        std::uint64_t octets, std::string_view digest) const;

private:
    SpoolFile(std::string path, system::FileHandle file, std::uint64_t size);

    std::string path_;
    system::FileHandle file_;
    std::uint64_t size_;
};

}  // namespace holdback::io::state

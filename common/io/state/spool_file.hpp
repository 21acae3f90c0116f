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

/// The ends of the names of message files.
inline constexpr std::string_view kLabelledFile = ".held";
inline constexpr std::string_view kPlainFile = ".eml";  ///< without a label

/// True when the text can be the id of a message in the spool; it is then no path.
[[nodiscard]] bool is_spool_id(std::string_view text);

/// The id in the name of a message file, or of another kind of file that ends in `suffix`.
[[nodiscard]] std::optional<std::string> spool_id_in(std::string_view name,
                                                     std::string_view suffix);

/// The error of a call on a file, as text.
[[nodiscard]] ports::SpoolError spool_error(std::string_view path,
                                            std::string_view call,
                                            int error);

/// open(2) for a file that is no symbolic link; the descriptor is closed at exec.
[[nodiscard]] system::FileHandle open_in_spool(const std::string& path,
                                               int flags,
                                               unsigned mode = 0);

/// A message file that is open for reading. Used by one thread at a time.
class SpoolFile {
public:
    /// The error is errno.
    [[nodiscard]] static core::Result<SpoolFile, int> open(std::string path);

    /// The length of the whole file.
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] bool is_labelled() const;

    /// How much of the first `octets` octets was read, and the SHA-256 of that.
    struct Read {
        std::uint64_t octets = 0;
        std::string digest;
        bool stopped = false;  ///< `take` had enough: the digest covers only a part
    };
    /// Gives the first `octets` octets, or as many as there are, in pieces of at most 64 KiB until
    /// `take` returns false.
    [[nodiscard]] core::Result<Read, ports::SpoolError> read(
        std::uint64_t octets, const std::function<bool(std::string_view)>& take) const;

    /// The label at the end. The outer error says that the file can't be read.
    [[nodiscard]] core::Result<core::Result<terms::HeldLabel, terms::LabelError>, ports::SpoolError>
    label() const;

    /// Compares the file with the known length of the message, and its digest unless that is empty.
    [[nodiscard]] core::Result<ports::CopyCheck, ports::SpoolError> check(
        std::uint64_t octets, std::string_view digest) const;

private:
    SpoolFile(std::string path, system::FileHandle file, std::uint64_t size);

    std::string path_;
    system::FileHandle file_;
    std::uint64_t size_;
};

}  // namespace holdback::io::state

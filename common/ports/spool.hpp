// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases keep the octets of held messages.

#include "core/result.hpp"
#include "terms/held.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// The spool is out of reach or full; the text is for the log.
struct SpoolError {
    std::string what;
};

/// One message on its way into the spool. It leaves nothing behind when it is destroyed before
/// `commit`. Used by one session at a time.
class SpoolWriter {
public:
    SpoolWriter() = default;
    SpoolWriter(const SpoolWriter&) = delete;
    SpoolWriter& operator=(const SpoolWriter&) = delete;
    SpoolWriter(SpoolWriter&&) = delete;
    SpoolWriter& operator=(SpoolWriter&&) = delete;
    virtual ~SpoolWriter() = default;

    [[nodiscard]] virtual core::Result<void, SpoolError> append(std::string_view octets) = 0;

    /// Makes the message and its recipients durable (file synced, renamed, directory synced). Gives
    /// `message` with its spool id, length and digest.
    [[nodiscard]] virtual core::Result<terms::HeldMessage, SpoolError> commit(
        terms::HeldMessage message, std::span<const terms::HeldRecipient> recipients) = 0;
};

/// How the copy of a message compares with its row.
struct CopyCheck {
    /// The damage, as a clause for people ("the copy is cut: 5000 of 20208 octets"); empty: these
    /// are the octets that were held.
    std::string damage;
    std::string digest;  ///< of an undamaged copy
};

/// The octets of held messages, by spool id. Safe from several threads.
class Spool {
public:
    Spool() = default;
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    Spool(Spool&&) = delete;
    Spool& operator=(Spool&&) = delete;
    virtual ~Spool() = default;

    [[nodiscard]] virtual core::Result<std::unique_ptr<SpoolWriter>, SpoolError> begin() = 0;

    /// Gives the octets of a held message in pieces until `take` returns false. It is an error when
    /// the copy is not the one that its row describes; the pieces given until then are worthless.
    [[nodiscard]] virtual core::Result<void, SpoolError> read(
        const terms::HeldMessage& message,
        const std::function<bool(std::string_view)>& take) const = 0;

    /// Compares the copy with its row; without a digest in the row, only the length. Gives an error
    /// when the copy can't be read now, so that nothing is known about it.
    [[nodiscard]] virtual core::Result<CopyCheck, SpoolError> check(
        const terms::HeldMessage& message) const = 0;

    /// Moves a message out of the way, to a place where only people look. Gives the new place.
    [[nodiscard]] virtual core::Result<std::string, SpoolError> set_aside(
        std::string_view spool_id) = 0;

    /// Removes a message; it is no error when it is not there.
    [[nodiscard]] virtual core::Result<void, SpoolError> remove(std::string_view spool_id) = 0;

    /// Octets that we may still use on the spool's disk.
    [[nodiscard]] virtual core::Result<std::uint64_t, SpoolError> free_octets() const = 0;

    /// The ids of all committed messages.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, SpoolError> ids() const = 0;
};

}  // namespace holdback::ports

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The spool as a directory: one file per message, durable before its id is given out.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::state {

/// `Spool` in one directory. A message is written under a temporary name with its label behind it,
/// synced, renamed to `ID.held`, and the directory is synced; files have mode 0600. Files `ID.eml`
/// of an older version have no label and are read as well. Ids begin with the time, so that they
/// sort by age, and end in random digits; ids from outside are checked before they become part of a
/// path. Paths are opened anew for each call, so that calls work again once trouble is over.
class DirSpool final : public ports::Spool {
public:
    /// Makes the directory (mode 0700) when it is absent; its parent must exist. Removes temporary
    /// files that nobody has written to for `leftover_age`. Throws std::system_error when there is
    /// no directory that can be written to. The clock outlives the spool.
    DirSpool(std::string directory,
             const core::Clock& clock,
             std::chrono::seconds leftover_age = std::chrono::hours(1));

    [[nodiscard]] core::Result<std::unique_ptr<ports::SpoolWriter>, ports::SpoolError> begin()
        override;
    /// Pieces are at most 64 KiB.
    [[nodiscard]] core::Result<void, ports::SpoolError> read(
        const terms::HeldMessage& message,
        const std::function<bool(std::string_view)>& take) const override;
    [[nodiscard]] core::Result<ports::CopyCheck, ports::SpoolError> check(
        const terms::HeldMessage& message) const override;
    /// Moves it into the subdirectory `lost+found`.
    [[nodiscard]] core::Result<std::string, ports::SpoolError> set_aside(
        std::string_view spool_id) override;
    [[nodiscard]] core::Result<void, ports::SpoolError> remove(std::string_view spool_id) override;
    /// The oldest first.
    [[nodiscard]] core::Result<std::vector<std::string>, ports::SpoolError> ids() const override;

    enum class Place : std::uint8_t { Spool, LostAndFound };
    struct Found {
        std::string id;
        Place place = Place::Spool;
        std::string path;
    };
    /// All message files in both places; in each, the oldest first.
    [[nodiscard]] core::Result<std::vector<Found>, ports::SpoolError> all() const;
    /// Moves a message that was set aside back into the spool, durable on return. A file in the
    /// spool stays where it is.
    [[nodiscard]] core::Result<void, ports::SpoolError> take_back(const Found& file);

    [[nodiscard]] core::Result<std::uint64_t, ports::SpoolError> free_octets() const override;

private:
    [[nodiscard]] std::string lost_and_found() const;
    /// Moves a file into another directory under the same name, durable on return.
    [[nodiscard]] static core::Result<std::string, ports::SpoolError> move_durably(
        const std::string& path, const std::string& to);
    [[nodiscard]] static core::Result<std::vector<std::string>, ports::SpoolError> ids_in(
        const std::string& directory);
    void remove_leftovers(std::chrono::seconds leftover_age) const;

    std::string directory_;
    const core::Clock& clock_;
};

}  // namespace holdback::io::state

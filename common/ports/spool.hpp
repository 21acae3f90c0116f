// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases keep the octets of held messages.

#include "core/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::ports {

/// The spool is out of reach or full; the text is for the log.
struct SpoolError {
    std::string what;
};

/// One message on its way into the spool. Destroyed before `commit`, it leaves nothing behind.
/// Used by one session at a time.
class SpoolWriter {
public:
    SpoolWriter() = default;
    SpoolWriter(const SpoolWriter&) = delete;
    SpoolWriter& operator=(const SpoolWriter&) = delete;
    SpoolWriter(SpoolWriter&&) = delete;
    SpoolWriter& operator=(SpoolWriter&&) = delete;
    virtual ~SpoolWriter() = default;

    [[nodiscard]] virtual core::Result<void, SpoolError> append(std::string_view octets) = 0;

    /// Makes the message durable (file synced, renamed, directory synced) and gives its spool id.
    [[nodiscard]] virtual core::Result<std::string, SpoolError> commit() = 0;
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

    /// Gives the octets in pieces until `take` returns false.
    [[nodiscard]] virtual core::Result<void, SpoolError> read(
        std::string_view spool_id, const std::function<bool(std::string_view)>& take) const = 0;

    /// Removes a message; one that is not there is no error.
    [[nodiscard]] virtual core::Result<void, SpoolError> remove(std::string_view spool_id) = 0;

    /// The ids of all committed messages.
    [[nodiscard]] virtual core::Result<std::vector<std::string>, SpoolError> ids() const = 0;
};

}  // namespace holdback::ports

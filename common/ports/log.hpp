// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where log lines go.

#include <cstdint>
#include <string_view>

namespace holdback::ports {

enum class Severity : std::uint8_t { Debug, Info, Warning, Error };

/// A sink for finished lines. Safe from several threads; never throws.
class Log {
public:
    Log() = default;
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    Log(Log&&) = delete;
    Log& operator=(Log&&) = delete;
    virtual ~Log() = default;

    /// Writes one line. `core::log_safe` has already made foreign values in it safe.
    virtual void write(Severity severity, std::string_view line) noexcept = 0;
};

}  // namespace holdback::ports

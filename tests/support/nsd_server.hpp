// SPDX-License-Identifier: Apache-2.0
#pragma once
// A real authoritative DNS server with a zone of the test's.

#include "config/settings.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace holdback::support {

/// NSD on a free port of 127.0.0.1, for the life of the object.
class NsdServer {
public:
    /// True when nsd is installed.
    [[nodiscard]] static bool is_installed();

    /// Starts it with one zone in the text form of RFC 1035 section 5, and waits until it listens.
    /// Throws std::runtime_error when it does not.
    NsdServer(std::string_view zone, std::string_view text);

    [[nodiscard]] config::NameServer address() const;

private:
    TempDir folder_;
    std::uint16_t port_;
    std::unique_ptr<ChildProcess> process_;
};

}  // namespace holdback::support

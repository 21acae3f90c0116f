// SPDX-License-Identifier: Apache-2.0
#pragma once
// Access rights on the control socket.

#include "milter/control_protocol.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdback::milter::daemon {

/// The peer of a connection, as the kernel vouches for it.
struct ControlPeer {
    unsigned uid = 0;
    std::vector<unsigned> groups;  ///< the ids of all groups of the process
};

/// The groups that are let in, besides root and the user of the daemon.
struct ControlGroups {
    std::optional<unsigned> group;      ///< may make requests that only look
    std::optional<unsigned> operators;  ///< may make all requests
};

/// What a request does.
enum class ControlDeed : std::uint8_t {
    Ask,  ///< it only looks
    Act,
};

/// An unknown request counts as one that acts.
[[nodiscard]] ControlDeed deed_of(const ControlLine& request);

/// Why the peer may not make the request, for people; nullopt: it may. `own_uid` is the user of the
/// daemon.
[[nodiscard]] std::optional<std::string> control_refusal(const ControlPeer& peer,
                                                         const ControlLine& request,
                                                         const ControlGroups& groups,
                                                         unsigned own_uid);

}  // namespace holdback::milter::daemon

// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/control_access.hpp"

#include "core/text.hpp"
#include "milter/control_protocol.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

constexpr auto kAsking = std::to_array<std::string_view>({"status", "metrics", "cache-show"});

bool is_in(const ControlPeer& peer, const std::optional<unsigned>& group) {
    return group.has_value() && std::ranges::find(peer.groups, *group) != peer.groups.end();
}

}  // namespace

ControlDeed deed_of(const ControlLine& request) {
    const bool asks =
        !request.empty() && std::ranges::find(kAsking, request.front()) != kAsking.end();
    return asks ? ControlDeed::Ask : ControlDeed::Act;
}

std::optional<std::string> control_refusal(const ControlPeer& peer,
                                           const ControlLine& request,
                                           const ControlGroups& groups,
                                           unsigned own_uid) {
    constexpr unsigned kRoot = 0;
    if (peer.uid == kRoot || peer.uid == own_uid || is_in(peer, groups.operators)) {
        return std::nullopt;
    }
    const std::string command = request.empty() ? std::string() : core::printable(request.front());
    switch (deed_of(request)) {
        case ControlDeed::Ask:
            if (is_in(peer, groups.group)) {
                return std::nullopt;
            }
            return fmt::format(
                "no permission for {}: it is for root, the user of the daemon and "
                "the groups of [control] group and operators",
                command);
        case ControlDeed::Act:
            return fmt::format(
                "no permission for {}: it is for root, the user of the daemon and "
                "the group of [control] operators",
                command);
    }
    std::unreachable();
}

}  // namespace holdback::milter::daemon

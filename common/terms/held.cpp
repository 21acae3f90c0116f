// SPDX-License-Identifier: Apache-2.0
#include "terms/held.hpp"

#include "core/wire_names.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace holdback::terms {

std::string_view wire_name(HeldState state) {
    switch (state) {
        case HeldState::Held:
            return "held";
        case HeldState::Releasing:
            return "releasing";
        case HeldState::Released:
            return "released";
        case HeldState::Returned:
            return "returned";
        case HeldState::Discarded:
            return "discarded";
    }
    std::unreachable();
}

std::string_view wire_name(HeldKind kind) {
    switch (kind) {
        case HeldKind::Mail:
            return "mail";
        case HeldKind::Own:
            return "own";
    }
    std::unreachable();
}

std::optional<HeldState> parse_held_state(std::string_view name) {
    return core::find_wire_name(std::array{HeldState::Held,
                                           HeldState::Releasing,
                                           HeldState::Released,
                                           HeldState::Returned,
                                           HeldState::Discarded},
                                name);
}

std::optional<HeldKind> parse_held_kind(std::string_view name) {
    return core::find_wire_name(std::array{HeldKind::Mail, HeldKind::Own}, name);
}

}  // namespace holdback::terms

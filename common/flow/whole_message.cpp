// SPDX-License-Identifier: Apache-2.0
#include "flow/whole_message.hpp"

#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::flow {

std::string whole_message(ports::Spool& spool,
                          const terms::HeldMessage& message,
                          std::size_t most) {
    if (message.octets > most) {
        return {};
    }
    std::string octets;
    const auto read = spool.read(message, [&](std::string_view piece) {
        octets += piece;
        return octets.size() <= most;
    });
    return read.has_value() && octets.size() <= most ? octets : std::string();
}

}  // namespace holdback::flow

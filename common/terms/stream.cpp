// SPDX-License-Identifier: Apache-2.0
#include "terms/stream.hpp"

#include "core/wire_names.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace holdback::terms {

std::string_view wire_name(Stream stream) {
    switch (stream) {
        case Stream::Direct:
            return "direct";
        case Stream::Bulk:
            return "bulk";
    }
    std::unreachable();
}

std::optional<Stream> parse_stream(std::string_view name) {
    return core::find_wire_name(std::array{Stream::Direct, Stream::Bulk}, name);
}

}  // namespace holdback::terms

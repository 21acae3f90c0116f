// SPDX-License-Identifier: Apache-2.0
#include "dsn/message_view.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

std::string_view value_of(const std::vector<std::pair<std::string, std::string>>& parameters,
                          std::string_view name) {
    const auto found = std::ranges::find_if(parameters, [name](const auto& entry) {
        return core::equals_ignoring_case(entry.first, name);
    });
    return found == parameters.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace

std::string_view MessagePart::parameter(std::string_view name) const {
    return value_of(parameters, name);
}

std::string_view MessageView::parameter(std::string_view name) const {
    return value_of(parameters, name);
}

const MessagePart* MessageView::find(std::string_view wanted, int embedded) const {
    const auto found = std::ranges::find_if(parts, [&](const MessagePart& part) {
        return part.embedded == embedded && part.media_type == wanted;
    });
    return found == parts.end() ? nullptr : &*found;
}

}  // namespace holdback::dsn

// SPDX-License-Identifier: Apache-2.0
#include "mail/provider.hpp"

#include "core/text.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace holdback::mail {

namespace {

// Second-level labels below which countries register names.
constexpr std::array<std::string_view, 11> kSecondLevel{
    "co", "com", "net", "org", "ac", "gov", "edu", "ne", "or", "go", "gob"};

/// The start of the label that ends at `end`.
std::size_t label_begin(std::string_view name, std::size_t end) {
    const std::size_t dot = end == 0 ? std::string_view::npos : name.rfind('.', end - 1);
    return dot == std::string_view::npos ? 0 : dot + 1;
}

bool is_address(std::string_view host) {
    return host.starts_with('[') || host.find(':') != std::string_view::npos ||
           IpAddress::parse(host).has_value();
}

}  // namespace

std::string organisation_of(std::string_view host) {
    if (is_address(host)) {
        return {};
    }
    std::string name = core::to_lower(core::without_root(host));
    const std::size_t top = label_begin(name, name.size());
    if (top == 0) {
        return name;
    }
    std::size_t begin = label_begin(name, top - 1);
    const std::string_view second = std::string_view(name).substr(begin, top - 1 - begin);
    const bool country = name.size() - top == 2;
    if (begin > 0 && country && std::ranges::find(kSecondLevel, second) != kSecondLevel.end()) {
        begin = label_begin(name, begin - 1);
    }
    return name.substr(begin);
}

std::string provider_of(std::string_view relay, std::string_view recipient_domain) {
    std::string organisation = organisation_of(relay);
    if (organisation.empty()) {
        return core::to_lower(core::without_root(recipient_domain));
    }
    return organisation;
}

}  // namespace holdback::mail

// SPDX-License-Identifier: Apache-2.0
#include "mail/idna.hpp"

#include "core/handle.hpp"

#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include <idn2.h>

namespace holdback::mail {

namespace {

using Idn2Text = core::Handle<std::uint8_t, &idn2_free>;

/// Text as the library takes it: unsigned octets, NUL-terminated.
const std::uint8_t* as_octets(const std::string& text) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): char may alias any octet
    return reinterpret_cast<const std::uint8_t*>(text.c_str());
}

}  // namespace

std::optional<std::string> to_a_label(std::string_view label) {
    const std::string terminated(label);
    std::uint8_t* raw = nullptr;
    // The registration protocol (RFC 5891 section 4) defines U-labels: it maps nothing and applies
    // every contextual rule and the Bidi rule. A look-up would be more lenient.
    const int status = idn2_register_u8(as_octets(terminated), nullptr, &raw, 0);
    const Idn2Text a_label(raw);
    if (status == IDN2_MALLOC) {
        throw std::bad_alloc();
    }
    if (status != IDN2_OK || a_label == nullptr) {
        return std::nullopt;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): char may alias any octet
    return std::string(reinterpret_cast<const char*>(a_label.get()));
}

}  // namespace holdback::mail

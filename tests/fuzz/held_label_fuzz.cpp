// SPDX-License-Identifier: Apache-2.0
// The label behind a held message: as it stands in a file, and the lines of one whose digest fits.
#include "core/digest.hpp"
#include "terms/held_label.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace {

using namespace holdback;

/// What was read is written and read again without loss.
void check(std::string_view text) {
    const auto label = terms::decode_label(text);
    if (!label.has_value()) {
        return;
    }
    const std::string again = terms::encode_label(label->message, label->recipients);
    const auto read = terms::decode_label(again);
    if (!read.has_value() || terms::encode_label(read->message, read->recipients) != again) {
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets as text
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(text);
    if (size >= terms::kLabelEndOctets) {
        static_cast<void>(terms::label_octets(text.substr(size - terms::kLabelEndOctets)));
    }
    std::string lines = fmt::format("holdback-label 1\n{}", text);
    core::RunningDigest digest;
    digest.update(lines);
    lines += fmt::format("end {:08x} {}\n", lines.size(), digest.finish_hex());
    check(lines);
    return 0;
}

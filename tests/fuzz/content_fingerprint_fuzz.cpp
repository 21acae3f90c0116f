// SPDX-License-Identifier: Apache-2.0
// Any octets as a subject, a text and a sender: a fingerprint keeps its bounds, is the same twice,
// and says the same as itself.
#include "mail/folded_sender.hpp"
#include "outbound/content_fingerprint.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdback::outbound;
    const std::span<const std::uint8_t> octets(data, size);
    const std::string all(octets.begin(), octets.end());
    const std::size_t cut = std::min(all.find('\n'), all.size());
    const Content content{.subject = all.substr(0, cut),
                          .texts = {all.substr(cut), all},
                          .from = all.substr(0, cut),
                          .in_reply_to = {},
                          .is_reply = false,
                          .personal = {all.substr(0, cut / 2)}};
    const ContentFingerprint print = content_fingerprint(content);
    expect(print == content_fingerprint(content));
    expect(print.sketch.size() <= kSketchHashes);
    expect(std::ranges::is_sorted(print.sketch));
    expect(print.sketch.empty() || same_text(print.sketch, print.sketch));
    expect(exact_digest(content, Links::Whole).empty() ==
           exact_digest(content, Links::HostsAlone).empty());
    const std::string sender = holdback::mail::folded_sender(all.substr(0, cut));
    expect(sender.size() <= cut && holdback::mail::folded_sender(sender).size() <= sender.size());
    return 0;
}

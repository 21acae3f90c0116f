// SPDX-License-Identifier: Apache-2.0
// Any octets as a message that came in, all the way to our header fields, with the codes and rules
// as shipped.
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "dsn/tag.hpp"
#include "dsn/unknown_text.hpp"
#include "io/mime/gmime_reader.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/lexicon_file.hpp"
#include "io/settings/rules_file.hpp"
#include "reading/knowledge.hpp"
#include "reading/text_pattern.hpp"
#include "terms/failure_code.hpp"

#include <array>
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

const holdback::terms::CodeCatalogue& codes() {
    static const auto catalogue =
        holdback::io::settings::read_codes(HOLDBACK_SOURCE_DIR "/conf/codes.conf").value();
    return catalogue;
}

const holdback::reading::Knowledge& knowledge() {
    static const std::array<std::string, 1> folders{HOLDBACK_SOURCE_DIR "/conf/rules.d"};
    static const holdback::reading::Knowledge set{
        .rules = holdback::io::settings::load_rules(folders, codes()).value(),
        .lexicon =
            holdback::io::settings::load_lexicon(HOLDBACK_SOURCE_DIR "/conf/lexicon.d", {}, codes())
                .value()};
    return set;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using holdback::dsn::MessageKind;
    static const holdback::io::mime::GmimeReader reader;
    const std::span<const std::uint8_t> octets(data, size);
    const holdback::dsn::MessageView view = reader.read(std::string(octets.begin(), octets.end()));
    const holdback::dsn::Understanding understanding =
        holdback::dsn::understand(view, knowledge(), codes());
    expect(understanding.code.has_value() == (understanding.report.kind != MessageKind::Ordinary));
    for (const holdback::dsn::ClassifiedRecipient& recipient : understanding.recipients) {
        expect(codes().find(recipient.code) != nullptr);
    }
    for (const holdback::dsn::UnknownText& unknown :
         holdback::dsn::unknown_texts(understanding, {})) {
        expect(!unknown.pattern.empty() && holdback::core::is_utf8(unknown.pattern) &&
               unknown.pattern.size() <= holdback::reading::kPatternOctets);
        expect(holdback::core::is_utf8(unknown.example));
    }
    const holdback::dsn::TagPlan plan =
        holdback::dsn::tag(understanding, {}, codes(), holdback::dsn::Extensions::On, view.headers);
    for (const auto& field : plan.added) {
        for (const char c : field.value) {
            expect((c >= ' ' && c <= '~') || c == '\n' || c == '\t');
        }
    }
    return 0;
}

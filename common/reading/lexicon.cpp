// SPDX-License-Identifier: Apache-2.0
#include "reading/lexicon.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "reading/cause.hpp"
#include "reading/cause_table.hpp"
#include "reading/first_words.hpp"
#include "reading/phrase.hpp"
#include "reading/text_words.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>
#include <fmt/format.h>

namespace holdback::reading {

namespace {

/// The most addresses, names and numbers that may stand between two words of a phrase.
constexpr std::size_t kMostSkipped = 3;

struct WordList {
    PhraseMeaning meaning;
    std::size_t file = 0;
    int line = 0;
};

/// Positions in a text behind the words that match a part of a phrase.
using Places = boost::container::small_vector<std::uint32_t, 8>;

constexpr std::string_view kAllowedHeads =
    "[whom what], [whom], [what], [guess], [nothing], [codes], [defaults], [weak], [status] or "
    "[reply]";

/// Parses "mailbox unknown" and the like; nullopt when a name is unknown.
std::optional<PhraseMeaning> parse_meaning(std::string_view head) {
    using Kind = PhraseMeaning::Kind;
    if (head == "guess") {
        return PhraseMeaning{.kind = Kind::Guess, .whom = {}, .what = {}};
    }
    if (head == "nothing") {
        return PhraseMeaning{.kind = Kind::Nothing, .whom = {}, .what = {}};
    }
    PhraseMeaning meaning;
    for (const std::string_view name : core::split(head, ' ')) {
        if (name.empty()) {
            continue;
        }
        if (const auto whom = parse_whom(name); whom.has_value() && !meaning.whom.has_value()) {
            meaning.whom = whom;
        } else if (const auto what = parse_what(name);
                   what.has_value() && !meaning.what.has_value()) {
            meaning.what = what;
        } else {
            return std::nullopt;
        }
    }
    const bool says = meaning.whom.has_value() || meaning.what.has_value();
    return says ? std::optional(meaning) : std::nullopt;
}

/// True for an octet that begins a character beyond the Latin scripts. No word in a Latin script
/// has it.
bool is_foreign(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet >= 0xCD && octet != 0xE1 && octet != 0xE2 && octet != 0xEF;
}

}  // namespace

struct Lexicon::Tables {
    CauseTable causes;
    std::vector<WordList> lists;
    std::vector<std::string> files;  ///< names
    std::deque<std::string> texts;   ///< of the files; lines point into them
    std::vector<PhraseLine> lines;   ///< an earlier one wins
    FirstWords by_first;
    /// Lines that begin in a script other than Latin. They get their first words once a text has
    /// such a script.
    std::vector<std::uint32_t> foreign;
    mutable std::once_flag foreign_once;
    mutable FirstWords foreign_by_first;

    [[nodiscard]] const std::string& file_of(const PhraseLine& line) const {
        return files[lists[line.list].file];
    }
    /// The number of the line in its file, counted anew: messages alone need it.
    [[nodiscard]] int number_of(const PhraseLine& line) const {
        const char* const begin = texts[lists[line.list].file].data();
        return static_cast<int>(std::count(begin, line.begin, '\n')) + 1;
    }

    /// Makes room for what word lists of this size usually hold.
    void reserve_for(std::size_t octets) {
        constexpr std::size_t kLine = 24;
        lines.reserve(octets / kLine);
        by_first = FirstWords(octets / kLine);
    }

    /// The lines that begin in a script other than Latin.
    [[nodiscard]] const FirstWords& read_foreign() const {
        std::call_once(foreign_once, [this] {
            foreign_by_first = FirstWords(foreign.size());
            std::vector<WordKey> keys;
            for (const std::uint32_t line : foreign) {
                foreign_by_first.add(line, lines[line].text(), keys);
            }
        });
        return foreign_by_first;
    }
};

class LexiconBuilder {
public:
    LexiconBuilder(Lexicon::Tables& tables, const terms::CodeCatalogue& codes)
        : tables_(tables), codes_(codes) {}

    void read(WordFile file) {
        tables_.files.push_back(std::move(file.name));
        std::string_view rest = tables_.texts.emplace_back(std::move(file.text));
        local_ = file.local;
        section_ = {};
        is_about_causes_ = false;
        int number = 0;
        while (!rest.empty()) {
            ++number;
            line_ = number;
            std::string_view line = core::trim(core::cut_off(rest, '\n'));
            // A byte order mark, as some editors write it.
            if (number == 1 && line.starts_with("\xEF\xBB\xBF")) {
                line.remove_prefix(3);
            }
            if (line.empty() || line.starts_with('#')) {
                continue;
            }
            read_line(line);
        }
    }

    [[nodiscard]] std::vector<LexiconError> take_errors() { return std::move(errors_); }

private:
    void wrong(std::string message) {
        errors_.push_back({tables_.files.back(), line_, std::move(message)});
    }

    void read_line(std::string_view line) {
        if (line.starts_with('[')) {
            read_head(line);
        } else if (section_.empty()) {
            wrong("words need a head like [mailbox unknown] above them");
        } else if (is_about_causes_) {
            if (std::string trouble = tables_.causes.add(section_, line, codes_);
                !trouble.empty()) {
                wrong(std::move(trouble));
            }
        } else {
            add_line(line);
        }
    }

    void read_head(std::string_view line) {
        const std::size_t end = line.find(']');
        const std::string_view head = core::trim(line.substr(1, end - 1));
        section_ = "?";
        is_about_causes_ = CauseTable::has_section(head);
        if (end == std::string_view::npos) {
            wrong("a head ends with ]");
            return;
        }
        if (is_about_causes_) {
            section_ = head;
            return;
        }
        const auto [known, fresh] = meanings_.try_emplace(head);
        auto& meaning = known->second;
        if (fresh) {
            meaning = parse_meaning(head);
        }
        if (!meaning.has_value()) {
            wrong(fmt::format("\"{}\" is none of {}", core::printable(head), kAllowedHeads));
        }
        section_ = head;
        tables_.lists.push_back({.meaning = meaning.value_or(PhraseMeaning{}),
                                 .file = tables_.files.size() - 1,
                                 .line = line_});
    }

    void add_line(std::string_view text) {
        if (local_) {
            if (std::string trouble = reader_.read(text); !trouble.empty()) {
                wrong(std::move(trouble));
                return;
            }
        }
        const auto line = static_cast<std::uint32_t>(tables_.lines.size());
        tables_.lines.push_back({.begin = text.data(),
                                 .size = static_cast<std::uint32_t>(text.size()),
                                 .list = static_cast<std::uint16_t>(tables_.lists.size() - 1)});
        if (is_foreign(text.front())) {
            tables_.foreign.push_back(line);
        } else {
            tables_.by_first.add(line, text, first_keys_);
        }
    }

    Lexicon::Tables& tables_;
    const terms::CodeCatalogue& codes_;
    PhraseReader reader_;
    std::vector<WordKey> first_keys_;  ///< of the current line
    std::unordered_map<std::string_view, std::optional<PhraseMeaning>> meanings_;  ///< by the head
    std::vector<LexiconError> errors_;
    std::string section_;
    bool is_about_causes_ = false;  ///< `section_` is one of `CauseTable`'s
    int line_ = 0;
    bool local_ = false;
};

namespace {

class PhraseFinder {
public:
    explicit PhraseFinder(const TextWords& text) : text_(text), keys_(text.words.size()) {
        for (std::size_t i = 0; i < text.words.size(); ++i) {
            add_keys(text.words[i], keys_[i]);
        }
    }

    [[nodiscard]] const KeysOfWord& keys(std::size_t word) const { return keys_[word]; }

    /// The mask of the words that an element behind this word may fit, if no gap is between.
    [[nodiscard]] std::uint64_t followers(std::size_t word) const {
        std::uint64_t mask = 0;
        std::size_t skipped = 0;
        for (std::size_t at = word + 1; at < keys_.size() && skipped <= kMostSkipped; ++at) {
            if (text_.words[at].clause != text_.words[word].clause) {
                break;
            }
            mask |= keys_[at].mask;
            if (text_.words[at].kind == WordKind::Word) {
                break;
            }
            ++skipped;
        }
        return mask;
    }

    /// The last word of the longest match of these elements that begins with word `first`; nullopt
    /// for none.
    [[nodiscard]] std::optional<std::size_t> match(const PhraseElements& elements,
                                                   std::size_t first) const {
        Places places;
        places.push_back(static_cast<std::uint32_t>(first));
        bool begun = false;
        std::size_t gap = 0;
        for (const PhraseElement& element : elements) {
            if (element.is_gap()) {
                gap = element.reach;
                continue;
            }
            Places next = step(element, places, gap, begun, text_.words[first].clause);
            if (element.may_miss) {
                for (const std::uint32_t place : places) {
                    add(next, place);
                }
            }
            if (next.empty()) {
                return std::nullopt;
            }
            begun = begun || !element.may_miss ||
                    std::ranges::any_of(next, [first](auto place) { return place > first; });
            gap = 0;
            places = std::move(next);
        }
        const std::uint32_t end = *std::ranges::max_element(places);
        return end > first ? std::optional<std::size_t>(end - 1) : std::nullopt;
    }

private:
    static void add(Places& places, std::uint32_t place) {
        if (std::ranges::find(places, place) == places.end()) {
            places.push_back(place);
        }
    }

    [[nodiscard]] bool fits(const PhraseElement& element, std::size_t word) const {
        return std::ranges::any_of(
            element.choices, [&](const WordChoice& choice) { return keys_[word].fits(choice); });
    }

    /// The places behind the element. Names and numbers may stand before it, other words only in a
    /// gap. It never crosses the end of the clause.
    [[nodiscard]] Places step(const PhraseElement& element,
                              const Places& places,
                              std::size_t gap,
                              bool begun,
                              std::uint32_t clause) const {
        Places next;
        for (const std::uint32_t place : places) {
            std::size_t words = 0;
            std::size_t skipped = 0;
            for (std::size_t at = place; at < text_.words.size(); ++at) {
                if (text_.words[at].clause != clause) {
                    break;
                }
                if (fits(element, at)) {
                    add(next, static_cast<std::uint32_t>(at + 1));
                }
                const bool plain = text_.words[at].kind == WordKind::Word;
                (plain ? words : skipped) += 1;
                if (!begun || words > gap || skipped > kMostSkipped) {
                    break;
                }
            }
        }
        return next;
    }

    const TextWords& text_;
    std::vector<KeysOfWord> keys_;
};

/// True when the longer hit makes the inner one say nothing, because it holds it. A hit in the
/// middle of a phrase with a gap is free, and so is another meaning of exactly the same words.
bool hides(const PhraseHit& longer, const PhraseHit& inner) {
    const bool within = longer.first <= inner.first && inner.last <= longer.last;
    if (!within) {
        return false;
    }
    const bool same_begin = longer.first == inner.first;
    const bool same_end = longer.last == inner.last;
    if (same_begin && same_end) {
        return longer.meaning == inner.meaning;
    }
    return !longer.has_gap || same_begin || same_end;
}

/// Drops hits within a longer hit. Of two with the same words and meaning, the one without a gap
/// stays.
void drop_inner(std::vector<PhraseHit>& hits) {
    std::ranges::stable_sort(hits, [](const PhraseHit& a, const PhraseHit& b) {
        return std::tuple(b.last - b.first, a.has_gap) < std::tuple(a.last - a.first, b.has_gap);
    });
    std::vector<PhraseHit> kept;
    for (const PhraseHit& hit : hits) {
        const auto hidden = [&hit](const PhraseHit& longer) { return hides(longer, hit); };
        if (std::ranges::none_of(kept, hidden)) {
            kept.push_back(hit);
        }
    }
    std::ranges::stable_sort(kept, [](const PhraseHit& a, const PhraseHit& b) {
        return std::tie(a.first, a.last) < std::tie(b.first, b.last);
    });
    hits = std::move(kept);
}

}  // namespace

Lexicon::Lexicon() : tables_(std::make_unique<Tables>()) {}
Lexicon::Lexicon(std::unique_ptr<Tables> tables) : tables_(std::move(tables)) {}
Lexicon::Lexicon(Lexicon&&) noexcept = default;
Lexicon& Lexicon::operator=(Lexicon&&) noexcept = default;
Lexicon::~Lexicon() = default;

core::Result<Lexicon, std::vector<LexiconError>> Lexicon::make(std::vector<WordFile> files,
                                                               const terms::CodeCatalogue& codes) {
    auto tables = std::make_unique<Tables>();
    std::size_t octets = 0;
    for (const WordFile& file : files) {
        octets += file.text.size();
    }
    tables->reserve_for(octets);
    LexiconBuilder builder(*tables, codes);
    // The first line that is read counts.
    for (const bool local : {true, false}) {
        for (WordFile& file : files) {
            if (file.local == local) {
                builder.read(std::move(file));
            }
        }
    }
    auto errors = builder.take_errors();
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return Lexicon(std::move(tables));
}

std::vector<PhraseHit> Lexicon::find(const TextWords& text) const {
    std::vector<PhraseHit> hits;
    const PhraseFinder finder(text);
    std::uint64_t followers = 0;  // of the current word
    const auto look_from = [&](std::size_t word, WordKey key, const FirstWords& first_words) {
        for (const Phrase& phrase : first_words.phrases(key, tables_->lines)) {
            if (phrase.followers != kAnyFollower && (phrase.followers & followers) == 0) {
                continue;
            }
            if (const auto last = finder.match(phrase.elements, word)) {
                hits.push_back({.first = word,
                                .last = *last,
                                .meaning = tables_->lists[phrase.list].meaning,
                                .has_gap = phrase.has_gap});
            }
        }
    };
    const FirstWords* foreign =
        std::ranges::any_of(text.text, is_foreign) ? &tables_->read_foreign() : nullptr;
    for (std::size_t i = 0; i < text.words.size(); ++i) {
        followers = finder.followers(i);
        const auto look_by = [&](WordKey key) {
            look_from(i, key, tables_->by_first);
            if (foreign != nullptr) {
                look_from(i, key, *foreign);
            }
        };
        std::ranges::for_each(finder.keys(i).whole, look_by);
        std::ranges::for_each(finder.keys(i).beginnings, look_by);
    }
    drop_inner(hits);
    return hits;
}

const CauseTable& Lexicon::causes() const {
    return tables_->causes;
}

std::size_t Lexicon::size() const {
    return tables_->lines.size();
}

std::vector<LexiconError> Lexicon::errors() const {
    std::vector<LexiconError> found;
    PhraseReader reader;
    for (const PhraseLine& line : tables_->lines) {
        if (std::string trouble = reader.read(line.text()); !trouble.empty()) {
            found.push_back({tables_->file_of(line), tables_->number_of(line), std::move(trouble)});
        }
    }
    return found;
}

std::vector<LexiconError> Lexicon::doubts() const {
    std::vector<LexiconError> found;
    std::unordered_map<WordKey, const PhraseLine*> seen;
    for (const PhraseLine& line : tables_->lines) {
        const auto [first, fresh] = seen.emplace(lower_key_of(line.text()), &line);
        const PhraseLine& counts = *first->second;
        if (!fresh && tables_->lists[counts.list].meaning != tables_->lists[line.list].meaning) {
            found.push_back({tables_->file_of(line),
                             tables_->number_of(line),
                             fmt::format("\"{}\" says something else at {}:{}, which counts",
                                         core::printable(line.text()),
                                         tables_->file_of(counts),
                                         tables_->number_of(counts))});
        }
    }
    for (const WordList& list : tables_->lists) {
        const PhraseMeaning& meaning = list.meaning;
        if (!meaning.what.has_value()) {
            continue;
        }
        const Cause cause{meaning.whom.value_or(tables_->causes.default_whom(*meaning.what)),
                          *meaning.what};
        if (!tables_->causes.code_of(cause, false).has_value()) {
            found.push_back({tables_->files[list.file],
                             list.line,
                             fmt::format("no code for \"{} {}\" in [codes]",
                                         wire_name(cause.whom),
                                         wire_name(cause.what))});
        }
    }
    return found;
}

}  // namespace holdback::reading

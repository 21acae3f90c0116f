// SPDX-License-Identifier: Apache-2.0
#include "dsn/lexicon.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/cause.hpp"
#include "dsn/cause_table.hpp"
#include "dsn/text_words.hpp"
#include "mail/failure_code.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <iterator>
#include <memory>
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

namespace holdback::dsn {

namespace {

/// Words between the two sides of "...", and characters of scripts without spaces.
constexpr std::uint8_t kMostBetween = 4;
constexpr std::uint8_t kMostCharactersBetween = 10;
/// Phrases that one line with choices of several words makes.
constexpr std::size_t kMostVariants = 64;
/// Addresses, names and numbers that may stand between two words of a phrase.
constexpr std::size_t kMostSkipped = 3;
/// The shortest part of a word that may stand before "*".
constexpr std::size_t kShortestStem = 2;

using WordId = std::uint32_t;

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};
using WordIds = std::unordered_map<std::string, WordId, TextHash, std::equal_to<>>;

/// One place of a phrase. The alternatives are ids of words or of stems.
struct Element {
    std::uint32_t first = 0;  ///< of its alternatives in the list of all
    std::uint16_t count = 0;  ///< 0: a gap
    bool may_miss = false;
    std::uint8_t reach = 0;  ///< of a gap: words that may stand in it
};

struct Phrase {
    std::uint32_t first = 0;  ///< of its elements in the list of all
    std::uint16_t count = 0;
    std::uint16_t list = 0;  ///< the section that it stands in
    std::uint32_t line = 0;
    bool has_gap = false;
};

/// A section of a file.
struct WordList {
    PhraseMeaning meaning;
    std::size_t file = 0;
    int line = 0;
};

/// The ids that stand for one word of a text: itself, its stems, what it is.
using IdsOfWord = boost::container::small_vector<WordId, 4>;
/// Places in a text that are reached with a part of a phrase: the words behind it.
using Places = boost::container::small_vector<std::uint32_t, 8>;

std::string_view placeholder_of(WordKind kind) {
    switch (kind) {
        case WordKind::Address:
            return "<address>";
        case WordKind::Domain:
            return "<domain>";
        case WordKind::Ip:
            return "<ip>";
        case WordKind::Number:
            return "<number>";
        case WordKind::Word:
        case WordKind::Url:
        case WordKind::Code:
            return {};
    }
    return {};
}

/// The labels of a host name or of a URL's host, with "." in front and also divided at hyphens.
std::vector<std::string> labels_of(const TextWord& word) {
    std::vector<std::string> labels;
    std::string_view host = word.text;
    if (const std::size_t scheme = host.find("://"); scheme != std::string_view::npos) {
        host.remove_prefix(scheme + 3);
    }
    host = host.substr(0, host.find_first_of("/?:#"));
    for (const std::string_view label : core::split(host, '.')) {
        labels.push_back(fmt::format(".{}", label));
        if (label.find('-') != std::string_view::npos) {
            for (const std::string_view part : core::split(label, '-')) {
                labels.push_back(fmt::format(".{}", part));
            }
        }
    }
    return labels;
}

constexpr std::string_view kAllowedHeads =
    "[whom what], [whom], [what], [guess], [nothing], [codes], [defaults], [weak], [status] or "
    "[reply]";

/// "mailbox unknown" and the like; nullopt when a name is unknown.
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

}  // namespace

struct Lexicon::Tables {
    CauseTable causes;
    WordIds words;
    WordIds stems;
    std::size_t longest_stem = 0;
    std::vector<WordId> alternatives;
    std::vector<Element> elements;
    std::vector<Phrase> phrases;
    std::vector<WordList> lists;
    std::vector<std::string> files;
    std::vector<std::vector<std::uint32_t>> by_first;  ///< phrases by the id of their first word
    /// Phrases by the hash of their text, until all are read.
    std::unordered_map<std::uint64_t, std::uint32_t> by_text;
    std::vector<LexiconError> doubts;
    WordId ids = 0;

    WordId id_of(WordIds& known, std::string_view text) {
        const auto found = known.find(text);
        if (found != known.end()) {
            return found->second;
        }
        known.emplace(std::string(text), ids);
        return ids++;
    }
};

namespace {

/// Reads one line of words: a phrase, or several where a choice has more than one word.
class PhraseReader {
public:
    PhraseReader(WordIds& words,
                 WordIds& stems,
                 std::function<WordId(WordIds&, std::string_view)> id_of)
        : words_(words), stems_(stems), id_of_(std::move(id_of)) {}

    struct Piece {
        boost::container::small_vector<WordId, 4> ids;  ///< empty: a gap
        bool may_miss = false;
        bool alone = false;  ///< a character that is a word by its script
    };
    using Pieces = boost::container::small_vector<Piece, 8>;

    /// What is wrong with the line; empty when nothing is.
    std::string read(std::string_view line) {
        variants_.assign(1, {});
        for (const std::string_view piece : core::split(line, ' ')) {
            if (piece.empty()) {
                continue;
            }
            if (std::string wrong = read_piece(piece); !wrong.empty()) {
                return wrong;
            }
        }
        for (const Pieces& pieces : variants_) {
            if (std::string wrong = doubt_about(pieces); !wrong.empty()) {
                return wrong;
            }
        }
        return {};
    }

    [[nodiscard]] const std::vector<Pieces>& variants() const { return variants_; }

private:
    static constexpr std::size_t kMostPieces = 40;

    static std::string doubt_about(const Pieces& pieces) {
        const auto is_firm = [](const Piece& piece) {
            return !piece.ids.empty() && !piece.may_miss;
        };
        if (std::ranges::none_of(pieces, is_firm)) {
            return "a phrase needs a word that may not be missing";
        }
        if (pieces.front().ids.empty() || pieces.back().ids.empty()) {
            return "\"...\" stands between words";
        }
        return pieces.size() > kMostPieces
                   ? fmt::format("a phrase has at most {} words", kMostPieces)
                   : std::string{};
    }

    std::string read_piece(std::string_view piece) {
        if (piece == "...") {
            return append({Pieces{Piece{}}});
        }
        Piece single;
        if (std::ranges::all_of(piece, core::is_ascii_alpha)) {
            single.ids.push_back(id_of_(words_, core::to_lower(piece)));
            for (Pieces& variant : variants_) {
                variant.push_back(single);
            }
            return {};
        }
        if (piece.size() > 1 && piece.ends_with('?')) {
            single.may_miss = true;
            piece.remove_suffix(1);
        }
        std::vector<Pieces> choices;
        for (const std::string_view choice : core::split(piece, '/')) {
            Pieces several;
            if (std::string wrong = read_choice(choice, single, several); !wrong.empty()) {
                return wrong;
            }
            if (!several.empty()) {
                choices.push_back(std::move(several));
            }
        }
        if (!single.ids.empty()) {
            choices.push_back({single});
        } else if (single.may_miss) {
            choices.emplace_back();
        }
        return append(choices);
    }

    /// Goes on with each of the choices behind each variant.
    std::string append(const std::vector<Pieces>& choices) {
        if (choices.size() == 1) {
            for (Pieces& variant : variants_) {
                variant.insert(variant.end(), choices.front().begin(), choices.front().end());
            }
            return {};
        }
        std::vector<Pieces> longer;
        for (const Pieces& variant : variants_) {
            for (const Pieces& choice : choices) {
                longer.push_back(variant);
                std::ranges::copy(choice, std::back_inserter(longer.back()));
            }
        }
        variants_ = std::move(longer);
        return variants_.size() > kMostVariants ? "too many choices of several words"
                                                : std::string{};
    }

    /// One word goes to `single`, several ("e_mail", or characters that are words) to `several`.
    std::string read_choice(std::string_view choice, Piece& single, Pieces& several) {
        const bool placeholder = choice == "<address>" || choice == "<domain>" ||
                                 choice == "<ip>" || choice == "<number>";
        if (placeholder || (choice.size() > 1 && choice.starts_with('.'))) {
            single.ids.push_back(id_of_(words_, core::to_lower_utf8(choice)));
            return {};
        }
        const bool stem = choice.ends_with('*');
        if (stem) {
            choice.remove_suffix(1);
        }
        if (choice.size() >= kShortestStem && std::ranges::all_of(choice, core::is_ascii_alpha)) {
            // Most words are such: no need to look for more in them.
            single.ids.push_back(id_of_(stem ? stems_ : words_, core::to_lower(choice)));
            return {};
        }
        const TextWords text = words_of(choice);
        if (text.words.empty()) {
            return fmt::format("\"{}\" is no word", core::printable(choice));
        }
        for (const TextWord& word : text.words) {
            const bool cut = stem && &word == &text.words.back() && !word.alone;
            if (cut && word.text.size() < kShortestStem) {
                return fmt::format("too little of a word: \"{}*\"", core::printable(choice));
            }
            const WordId id = id_of_(cut ? stems_ : words_, word.text);
            if (text.words.size() == 1) {
                single.ids.push_back(id);
                single.alone = single.alone || word.alone;
            } else {
                several.push_back({{id}, false, word.alone});
            }
        }
        return {};
    }

    WordIds& words_;
    WordIds& stems_;
    std::function<WordId(WordIds&, std::string_view)> id_of_;
    std::vector<Pieces> variants_;
};

}  // namespace

/// Reads files into tables.
class LexiconBuilder {
public:
    LexiconBuilder(Lexicon::Tables& tables, const mail::CodeCatalogue& codes)
        : tables_(tables),
          codes_(codes),
          reader_(tables.words, tables.stems, [&tables](WordIds& known, std::string_view text) {
              return tables.id_of(known, text);
          }) {}

    /// Room at once costs less than growing.
    void make_room(std::span<const WordFile> files) {
        constexpr std::size_t kOctetsOfLine = 20;
        constexpr std::size_t kWordsOfLine = 4;
        std::size_t lines = 0;
        for (const WordFile& file : files) {
            lines += file.text.size() / kOctetsOfLine;
        }
        tables_.by_text.reserve(lines);
        tables_.words.reserve(lines);
        tables_.phrases.reserve(lines);
        tables_.elements.reserve(kWordsOfLine * lines);
        tables_.alternatives.reserve(kWordsOfLine * lines);
    }

    void read(const WordFile& file) {
        tables_.files.push_back(file.name);
        local_ = file.local;
        section_ = {};
        int number = 0;
        for (const std::string_view raw : core::split(file.text, '\n')) {
            ++number;
            line_ = number;
            std::string_view line = core::trim(raw);
            // A sign of the order of octets, as some editors write it.
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

    void finish() {
        for (const auto& [stem, id] : tables_.stems) {
            tables_.longest_stem = std::max(tables_.longest_stem, stem.size());
        }
        tables_.by_text = {};
        tables_.by_first.resize(tables_.ids);
        for (std::size_t i = 0; i < tables_.phrases.size(); ++i) {
            index(static_cast<std::uint32_t>(i));
        }
    }

private:
    void wrong(std::string message) {
        errors_.push_back({tables_.files.back(), line_, std::move(message)});
    }

    void read_line(std::string_view line) {
        if (line.starts_with('[')) {
            read_head(line);
        } else if (section_.empty()) {
            wrong("words stand under a head like [mailbox unknown]");
        } else if (CauseTable::has_section(section_)) {
            if (std::string trouble = tables_.causes.add(section_, line, codes_);
                !trouble.empty()) {
                wrong(std::move(trouble));
            }
        } else if (std::string trouble = reader_.read(line); !trouble.empty()) {
            wrong(std::move(trouble));
        } else {
            add_phrase(line);
        }
    }

    void read_head(std::string_view line) {
        const std::size_t end = line.find(']');
        const std::string_view head = core::trim(line.substr(1, end - 1));
        section_ = "?";
        if (end == std::string_view::npos) {
            wrong("a head ends with ]");
            return;
        }
        if (CauseTable::has_section(head)) {
            section_ = head;
            return;
        }
        const auto meaning = parse_meaning(head);
        if (!meaning.has_value()) {
            wrong(fmt::format("\"{}\" is none of {}", core::printable(head), kAllowedHeads));
        }
        section_ = head;
        tables_.lists.push_back({.meaning = meaning.value_or(PhraseMeaning{}),
                                 .file = tables_.files.size() - 1,
                                 .line = line_});
    }

    void add_phrase(std::string_view line) {
        const auto number = static_cast<std::uint32_t>(tables_.phrases.size());
        const auto [first, fresh] = tables_.by_text.emplace(hash_of(line), number);
        if (!fresh) {
            note_repeated(tables_.phrases[first->second], line);
            return;  // the first one counts: local files come first
        }
        for (const PhraseReader::Pieces& pieces : reader_.variants()) {
            add_variant(pieces);
        }
    }

    /// The same for the same words, whatever the case of ASCII letters (FNV-1a).
    static std::uint64_t hash_of(std::string_view line) {
        std::uint64_t hash = 14695981039346656037U;
        for (const char c : line) {
            hash = (hash ^ static_cast<unsigned char>(core::ascii_lower(c))) * 1099511628211U;
        }
        return hash;
    }

    void add_variant(const PhraseReader::Pieces& pieces) {
        Phrase phrase{.first = static_cast<std::uint32_t>(tables_.elements.size()),
                      .count = static_cast<std::uint16_t>(pieces.size()),
                      .list = static_cast<std::uint16_t>(tables_.lists.size() - 1),
                      .line = static_cast<std::uint32_t>(line_)};
        bool alone = false;
        for (const PhraseReader::Piece& piece : pieces) {
            tables_.elements.push_back(
                {.first = static_cast<std::uint32_t>(tables_.alternatives.size()),
                 .count = static_cast<std::uint16_t>(piece.ids.size()),
                 .may_miss = piece.may_miss,
                 .reach = alone ? kMostCharactersBetween : kMostBetween});
            tables_.alternatives.insert(
                tables_.alternatives.end(), piece.ids.begin(), piece.ids.end());
            phrase.has_gap = phrase.has_gap || piece.ids.empty();
            alone = piece.alone;
        }
        tables_.phrases.push_back(phrase);
    }

    void note_repeated(const Phrase& first, std::string_view line) {
        const WordList& list = tables_.lists[first.list];
        if (list.meaning == tables_.lists.back().meaning) {
            return;
        }
        tables_.doubts.push_back({tables_.files.back(),
                                  line_,
                                  fmt::format("\"{}\" says something else at {}:{}, which counts",
                                              core::printable(line),
                                              tables_.files[list.file],
                                              first.line)});
    }

    /// A phrase is found by each word that it may begin with.
    void index(std::uint32_t number) {
        const Phrase& phrase = tables_.phrases[number];
        for (std::size_t i = 0; i < phrase.count; ++i) {
            const Element& element = tables_.elements[phrase.first + i];
            for (std::size_t j = 0; j < element.count; ++j) {
                auto& begun = tables_.by_first[tables_.alternatives[element.first + j]];
                if (begun.empty() || begun.back() != number) {
                    begun.push_back(number);
                }
            }
            if (!element.may_miss) {
                break;
            }
        }
    }

    Lexicon::Tables& tables_;
    const mail::CodeCatalogue& codes_;
    PhraseReader reader_;
    std::vector<LexiconError> errors_;
    std::string section_;
    int line_ = 0;
    bool local_ = false;
};

namespace {

/// Finds phrases in one text.
class PhraseFinder {
public:
    PhraseFinder(const TextWords& text,
                 std::vector<IdsOfWord> ids,
                 std::span<const WordId> alternatives)
        : text_(text), ids_(std::move(ids)), alternatives_(alternatives) {}

    [[nodiscard]] const std::vector<IdsOfWord>& ids() const { return ids_; }

    /// The last word of the longest match of these elements from a word on; nullopt for none.
    [[nodiscard]] std::optional<std::size_t> match(std::span<const Element> elements,
                                                   std::size_t first) const {
        Places places;
        places.push_back(static_cast<std::uint32_t>(first));
        bool begun = false;
        std::size_t gap = 0;
        for (const Element& element : elements) {
            if (element.count == 0) {
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

    [[nodiscard]] bool fits(const Element& element, std::size_t word) const {
        const auto wanted = alternatives_.subspan(element.first, element.count);
        return std::ranges::any_of(ids_[word], [&wanted](WordId id) {
            return std::ranges::find(wanted, id) != wanted.end();
        });
    }

    /// The places behind the element. Names and numbers may stand before it, other words only in a
    /// gap, and the end of the clause never.
    [[nodiscard]] Places step(const Element& element,
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
    std::vector<IdsOfWord> ids_;
    std::span<const WordId> alternatives_;
};

/// True when the first hit makes the second one say nothing: it is longer and holds it. What only
/// stands in the middle of a phrase with a gap is free.
bool hides(const PhraseHit& hit, const PhraseHit& inner) {
    const bool within = hit.first <= inner.first && inner.last <= hit.last;
    if (!within) {
        return false;
    }
    const bool same_begin = hit.first == inner.first;
    const bool same_end = hit.last == inner.last;
    if (same_begin && same_end) {
        return hit.meaning == inner.meaning;
    }
    return !hit.has_gap || same_begin || same_end;
}

/// Leaves out what stands within a longer hit.
void drop_inner(std::vector<PhraseHit>& hits) {
    std::ranges::stable_sort(
        hits, std::ranges::greater{}, [](const PhraseHit& hit) { return hit.last - hit.first; });
    std::vector<PhraseHit> kept;
    for (const PhraseHit& hit : hits) {
        const auto hidden = [&hit](const PhraseHit& other) { return hides(other, hit); };
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

core::Result<Lexicon, std::vector<LexiconError>> Lexicon::make(std::span<const WordFile> files,
                                                               const mail::CodeCatalogue& codes) {
    auto tables = std::make_unique<Tables>();
    LexiconBuilder builder(*tables, codes);
    builder.make_room(files);
    // What is read first counts.
    for (const bool local : {true, false}) {
        for (const WordFile& file : files) {
            if (file.local == local) {
                builder.read(file);
            }
        }
    }
    auto errors = builder.take_errors();
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    builder.finish();
    return Lexicon(std::move(tables));
}

std::vector<PhraseHit> Lexicon::find(const TextWords& text) const {
    std::vector<PhraseHit> hits;
    std::vector<IdsOfWord> ids(text.words.size());
    const auto note = [](const WordIds& known, std::string_view word, IdsOfWord& found) {
        if (const auto id = known.find(word); id != known.end()) {
            found.push_back(id->second);
        }
    };
    for (std::size_t i = 0; i < text.words.size(); ++i) {
        const TextWord& word = text.words[i];
        note(tables_->words, word.text, ids[i]);
        note(tables_->words, placeholder_of(word.kind), ids[i]);
        if (word.kind == WordKind::Domain || word.kind == WordKind::Url) {
            for (const std::string& label : labels_of(word)) {
                note(tables_->words, label, ids[i]);
            }
        }
        const std::size_t longest =
            word.kind == WordKind::Word ? std::min(word.text.size(), tables_->longest_stem) : 0;
        for (std::size_t size = kShortestStem; size <= longest; ++size) {
            note(tables_->stems, std::string_view(word.text).substr(0, size), ids[i]);
        }
    }
    const PhraseFinder finder(text, std::move(ids), tables_->alternatives);
    for (std::size_t i = 0; i < text.words.size(); ++i) {
        for (const WordId id : finder.ids()[i]) {
            for (const std::uint32_t number : tables_->by_first[id]) {
                const Phrase& phrase = tables_->phrases[number];
                const auto last = finder.match(
                    std::span(tables_->elements).subspan(phrase.first, phrase.count), i);
                if (last.has_value()) {
                    hits.push_back({.first = i,
                                    .last = *last,
                                    .meaning = tables_->lists[phrase.list].meaning,
                                    .has_gap = phrase.has_gap});
                }
            }
        }
    }
    drop_inner(hits);
    return hits;
}

const CauseTable& Lexicon::causes() const {
    return tables_->causes;
}

std::size_t Lexicon::size() const {
    return tables_->phrases.size();
}

std::vector<LexiconError> Lexicon::doubts() const {
    std::vector<LexiconError> found = tables_->doubts;
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

}  // namespace holdback::dsn

// SPDX-License-Identifier: Apache-2.0
#include "reading/reading.hpp"

#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/cause.hpp"
#include "reading/cause_table.hpp"
#include "reading/lexicon.hpp"
#include "reading/rule_text.hpp"
#include "reading/smtp_stage.hpp"
#include "reading/text_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::reading {

namespace {

constexpr int kSyntaxOfArgument = 501;
constexpr int kLoginRequired = 530;

/// True for replies about a command as such. 501 is often about an address.
bool is_about_commands(int reply_code) {
    return reply_code == 500 || reply_code == 502 || reply_code == 503 || reply_code == 504;
}

/// Whom a reply at this stage is about, unless it says otherwise.
Whom whom_of(SmtpStage stage) {
    switch (stage) {
        case SmtpStage::Connect:
        case SmtpStage::Hello:
            return Whom::Host;
        case SmtpStage::MailFrom:
            return Whom::Sender;
        case SmtpStage::Data:
            return Whom::Message;
        case SmtpStage::RcptTo:
        case SmtpStage::Unknown:
            return Whom::Nobody;
    }
    return Whom::Nobody;
}

bool is_recipient(Whom whom) {
    return whom == Whom::Mailbox || whom == Whom::Domain;
}

/// No reply before RCPT is about a recipient. One that sounds so is about the host or the sender.
Whom shifted(Whom whom, Whom toward) {
    return is_recipient(whom) && (toward == Whom::Host || toward == Whom::Sender) ? toward : whom;
}

/// True for words such as "unknown" and "refused": without a noun they are about whom the command
/// named.
bool follows_stage(What what) {
    switch (what) {
        case What::Unknown:
        case What::Invalid:
        case What::Malformed:
        case What::Unavailable:
        case What::Disabled:
        case What::Restricted:
        case What::Refused:
            return true;
        default:
            return false;
    }
}

bool is_ours(Whom whom) {
    return whom == Whom::Sender || whom == Whom::Host;
}

/// The whom of words that say nothing else; Nobody for all other words.
Whom noun_of(const PhraseHit& hit) {
    return hit.meaning.what.has_value() ? Whom::Nobody : hit.meaning.whom.value_or(Whom::Nobody);
}

bool is_noun(const PhraseHit& hit) {
    return noun_of(hit) != Whom::Nobody;
}

/// The number of words between two phrases; 0 when they touch or overlap.
std::size_t gap_between(const PhraseHit& a, const PhraseHit& b) {
    if (a.last < b.first) {
        return b.first - a.last - 1;
    }
    return b.last < a.first ? a.first - b.last - 1 : 0;
}

/// Joins a name or a number to the noun in front of it: "your IP 192.0.2.1".
std::vector<PhraseHit> with_names_joined(const std::vector<PhraseHit>& hits,
                                         const TextWords& text) {
    std::vector<PhraseHit> joined;
    for (const PhraseHit& hit : hits) {
        const bool bare =
            hit.first == hit.last && is_noun(hit) && text.words[hit.first].kind != WordKind::Word;
        if (bare && !joined.empty() && is_noun(joined.back()) &&
            joined.back().last + 1 == hit.first &&
            text.words[joined.back().first].clause == text.words[hit.first].clause) {
            joined.back().last = hit.last;
        } else {
            joined.push_back(hit);
        }
    }
    return joined;
}

class ClauseReader {
public:
    ClauseReader(const TextWords& text, SmtpStage stage, const Lexicon& lexicon)
        : text_(text),
          stage_(stage),
          causes_(lexicon.causes()),
          hits_(with_names_joined(lexicon.find(text), text)) {}

    std::vector<Statement> read() {
        for (std::size_t i = 0; i < hits_.size();) {
            std::size_t end = i;
            const std::uint32_t clause = clause_of(hits_[i]);
            while (end < hits_.size() && clause_of(hits_[end]) == clause) {
                ++end;
            }
            read_clause(std::span(hits_).subspan(i, end - i), clause);
            i = end;
        }
        mark_introductions();
        return std::move(said_);
    }

private:
    [[nodiscard]] std::uint32_t clause_of(const PhraseHit& hit) const {
        return text_.words[hit.first].clause;
    }

    void read_clause(std::span<const PhraseHit> hits, std::uint32_t clause) {
        if (clause == 0 || !text_.clauses[clause - 1].introduces || intro_clause_ + 1 != clause) {
            intro_ = Whom::Nobody;
        }
        const bool guess = std::ranges::any_of(hits, [](const PhraseHit& hit) {
            return hit.meaning.kind == PhraseMeaning::Kind::Guess;
        });
        Whom spoken_of = Whom::Nobody;
        for (const PhraseHit& hit : hits) {
            // An address in front of a colon is no topic.
            if (const Whom whom = hit.meaning.whom.value_or(Whom::Nobody);
                whom != Whom::Nobody && text_.words[hit.first].kind == WordKind::Word) {
                spoken_of = whom;
            }
            if (!hit.meaning.what.has_value()) {
                continue;
            }
            Statement statement = stated_by(hit, hits);
            statement.guess = guess;
            statement.line = text_.words[hit.first].line;
            statement.weak = causes_.is_weak(statement.cause);
            statement.introduced = text_.clauses[clause].introduces;
            clauses_.push_back(clause);
            said_.push_back(std::move(statement));
        }
        if (text_.clauses[clause].introduces) {
            intro_ = spoken_of == Whom::Nobody ? intro_ : spoken_of;
            intro_clause_ = clause;
        }
    }

    [[nodiscard]] Statement stated_by(const PhraseHit& hit, std::span<const PhraseHit> hits) const {
        Statement statement;
        statement.what_words = text_.between(hit.first, hit.last);
        const What what = hit.meaning.what.value_or(What::Refused);
        if (hit.meaning.whom.has_value()) {
            statement.strength = Strength::Explicit;
            statement.cause = {about_ours(introduced(*hit.meaning.whom), hit, hits), what};
        } else if (const PhraseHit* noun = noun_for(hit, what, hits); noun != nullptr) {
            statement.strength = Strength::Composed;
            statement.whom_words = text_.between(noun->first, noun->last);
            statement.cause = {introduced(noun->meaning.whom.value_or(Whom::Nobody)), what};
        } else {
            statement.strength = intro_ == Whom::Nobody ? Strength::Alone : Strength::Composed;
            statement.cause = {whom_without_noun(what), what};
        }
        statement.cause.whom = shifted(statement.cause.whom, whom_of(stage_));
        if (stage_ == SmtpStage::Connect && statement.cause.whom == Whom::System &&
            what == What::Unavailable) {
            // A greeting that turns us away usually has its reason in our host.
            statement.cause.whom = Whom::Host;
        }
        return statement;
    }

    /// "Sender address rejected: domain not found" is about the sender.
    [[nodiscard]] Whom introduced(Whom whom) const { return shifted(whom, intro_); }

    /// "The sender's domain has no MX" and "your mailbox is full" are about the sender.
    [[nodiscard]] static Whom about_ours(Whom whom,
                                         const PhraseHit& hit,
                                         std::span<const PhraseHit> hits) {
        constexpr std::size_t kNear = 2;
        const PhraseHit* nearest = nullptr;
        for (const PhraseHit& other : hits) {
            const bool within = hit.first <= other.first && other.last <= hit.last;
            if (!is_noun(other) || within) {
                continue;
            }
            if (whom == Whom::Domain && is_ours(noun_of(other))) {
                return noun_of(other);
            }
            if (nearest == nullptr || gap_between(other, hit) < gap_between(*nearest, hit)) {
                nearest = &other;
            }
        }
        const bool ours = whom == Whom::Mailbox && nearest != nullptr &&
                          is_ours(noun_of(*nearest)) && gap_between(*nearest, hit) <= kNear;
        return ours ? noun_of(*nearest) : whom;
    }

    [[nodiscard]] Whom whom_without_noun(What what) const {
        if (intro_ != Whom::Nobody) {
            return intro_;
        }
        const Whom by_stage = whom_of(stage_);
        return by_stage != Whom::Nobody && follows_stage(what) ? by_stage
                                                               : causes_.default_whom(what);
    }

    /// How far a noun is from the words that say what is wrong. A noun before them counts as nearer
    /// than one behind, and a comma counts for three words.
    [[nodiscard]] std::size_t distance_of(const PhraseHit& noun, const PhraseHit& what) const {
        constexpr std::size_t kComma = 6;
        const PhraseHit& first = noun.first < what.first ? noun : what;
        const PhraseHit& second = noun.first < what.first ? what : noun;
        const std::uint32_t commas =
            text_.words[second.first].commas -
            std::min(text_.words[first.last].commas, text_.words[second.first].commas);
        const std::size_t words = second.first - std::min(first.last, second.first);
        return (2 * words) + (noun.first < what.first ? 0U : 1U) + (kComma * commas);
    }

    /// The noun of the clause that the words are about: the nearest one of which such a thing can
    /// be said, otherwise the nearest. When the nearest is a sender or a host, recipients are
    /// passed over.
    [[nodiscard]] const PhraseHit* noun_for(const PhraseHit& hit,
                                            What what,
                                            std::span<const PhraseHit> hits) const {
        std::vector<const PhraseHit*> nouns;
        for (const PhraseHit& other : hits) {
            if (is_noun(other)) {
                nouns.push_back(&other);
            }
        }
        std::ranges::stable_sort(
            nouns, {}, [&](const PhraseHit* noun) { return distance_of(*noun, hit); });
        if (nouns.empty()) {
            return nullptr;
        }
        const bool ours = is_ours(noun_of(*nouns.front()));
        for (const PhraseHit* noun : nouns) {
            const Whom whom = noun_of(*noun);
            const Cause cause{shifted(introduced(whom), whom_of(stage_)), what};
            if (!(ours && is_recipient(whom)) && causes_.has_row(cause)) {
                return noun;
            }
        }
        return nouns.front();
    }

    /// A statement before a colon is an introduction only when something is said behind the colon.
    void mark_introductions() {
        for (std::size_t i = 0; i < said_.size(); ++i) {
            said_[i].introduced = said_[i].introduced &&
                                  std::ranges::find(clauses_, clauses_[i] + 1) != clauses_.end();
        }
    }

    const TextWords& text_;
    SmtpStage stage_;
    const CauseTable& causes_;
    std::vector<PhraseHit> hits_;
    std::vector<Statement> said_;
    std::vector<std::uint32_t> clauses_;  ///< one per statement
    Whom intro_ = Whom::Nobody;           ///< whom the clause before the colon was about
    std::uint32_t intro_clause_ = 0;
};

/// The statement that counts most; nullptr when there is none. Among equal ones, the one that the
/// status names wins.
const Statement* weightiest(const std::vector<Statement>& said,
                            const std::optional<Cause>& by_status,
                            const CauseTable& causes) {
    using Order = std::array<std::int64_t, 8>;
    const auto order = [&](const Statement& statement) {
        const auto is = [](bool so) { return so ? std::int64_t{1} : std::int64_t{0}; };
        const auto weight = static_cast<std::int64_t>(causes.weight_of(statement.cause));
        const std::int64_t line = -static_cast<std::int64_t>(statement.line);
        const auto strength = static_cast<std::int64_t>(statement.strength);
        if (statement.weak) {
            return Order{
                is(statement.guess), 1, is(statement.introduced), line, weight, strength, 0, 0};
        }
        return Order{is(statement.guess),
                     0,
                     is(statement.introduced),
                     is(statement.strength == Strength::Alone),
                     line,
                     is(statement.strength != Strength::Explicit),
                     is(statement.cause != by_status),
                     weight};
    };
    const auto best = std::ranges::min_element(said, {}, order);
    return best == said.end() ? nullptr : &*best;
}

/// True for words that a specific status outweighs.
bool is_vague(const Statement& statement) {
    return statement.weak || statement.guess;
}

/// The text without the words that Postfix and others put behind a reply to name the command.
std::string without_stage_words(std::string_view text) {
    std::string plain(text);
    for (const std::string_view words : {"(in reply to ", "(refused to talk to me)"}) {
        const std::size_t at = plain.rfind(words);
        if (at != std::string::npos) {
            const std::size_t end = plain.find(')', at);
            plain.erase(at, end == std::string::npos ? end : end + 1 - at);
        }
    }
    return plain;
}

/// What the server's own words say if they say something for certain, otherwise what all words say.
std::vector<Statement> said_in(const ReplyFacts& facts, const Lexicon& lexicon) {
    const std::string text = without_stage_words(facts.text);
    const std::size_t reply = reply_begin(text);
    if (reply != std::string_view::npos && reply > 0) {
        std::vector<Statement> said =
            statements_in(std::string_view(text).substr(reply), facts.stage, lexicon);
        if (std::ranges::any_of(said, [](const Statement& one) { return !is_vague(one); })) {
            return said;
        }
    }
    return statements_in(text, facts.stage, lexicon);
}

std::optional<Cause> cause_of_status(const ReplyFacts& facts, const CauseTable& causes) {
    if (!facts.status.has_value()) {
        return std::nullopt;
    }
    auto cause = causes.cause_of(*facts.status);
    if (cause.has_value()) {
        cause->whom = shifted(cause->whom, whom_of(facts.stage));
    }
    return cause;
}

std::string in_quotes(std::string_view words) {
    return fmt::format("'{}'", core::to_valid_utf8(words));
}

}  // namespace

bool ReplyFacts::is_transient() const {
    if (reply_code != 0) {
        return reply_code / 100 == 4;
    }
    return status.has_value() && status->is_transient();
}

bool ReplyFacts::is_permanent() const {
    if (reply_code != 0) {
        return reply_code / 100 == 5;
    }
    return status.has_value() && status->is_permanent();
}

std::string Reading::name() const {
    switch (read_from) {
        case ReadFrom::Words:
            return "reading/" + wire_name(cause);
        case ReadFrom::Status:
            return "status/" + wire_name(cause);
        case ReadFrom::Reply:
            return "reply/" + wire_name(cause);
    }
    return {};
}

std::string Reading::words(const ReplyFacts& facts) const {
    const std::string text =
        fmt::format("about {}, {}: ", words_for(cause.whom), wire_name(cause.what));
    std::vector<std::string> parts;
    if (!statement.whom_words.empty()) {
        parts.push_back(in_quotes(statement.whom_words));
    }
    if (!statement.what_words.empty()) {
        parts.push_back(in_quotes(statement.what_words));
    }
    if (facts.reply_code != 0) {
        parts.push_back(fmt::format("{}", facts.reply_code));
    }
    if (facts.status.has_value()) {
        parts.push_back(fmt::format("X.{}.{}", facts.status->subject(), facts.status->detail()));
    }
    if (facts.stage != SmtpStage::Unknown) {
        parts.push_back(fmt::format("at {}", wire_name(facts.stage)));
    }
    return text + fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<Statement> statements_in(std::string_view text,
                                     SmtpStage stage,
                                     const Lexicon& lexicon) {
    const TextWords words = words_of(text);
    return ClauseReader(words, stage, lexicon).read();
}

SmtpStage stage_of(const ReplyFacts& facts) {
    const bool open = facts.stage == SmtpStage::Unknown || facts.stage == SmtpStage::RcptTo;
    const bool sender = facts.status.has_value() && facts.status->subject() == 1 &&
                        (facts.status->detail() == 7 || facts.status->detail() == 8);
    const bool login = facts.reply_code == 530 || facts.reply_code == 534 ||
                       facts.reply_code == 535 || facts.reply_code == 538;
    return open && (sender || login) ? SmtpStage::MailFrom : facts.stage;
}

std::optional<Reading> read_reply(const ReplyFacts& facts, const Lexicon& lexicon) {
    const CauseTable& causes = lexicon.causes();
    Reading reading;
    reading.said = said_in(facts, lexicon);
    const auto by_status = cause_of_status(facts, causes);
    const Statement* said = weightiest(reading.said, by_status, causes);
    if (said != nullptr) {
        reading.statement = *said;
        reading.cause = said->cause;
        // RFC 5321 section 4.2.3: 501 is about the syntax, not the mailbox.
        if (facts.reply_code == kSyntaxOfArgument &&
            reading.cause == Cause{Whom::Mailbox, What::Invalid}) {
            reading.cause.what = What::Malformed;
        }
        // RFC 4954 section 6: a sender who logs in may relay.
        if (facts.reply_code == kLoginRequired &&
            (reading.cause.what == What::NotRelayed || reading.cause.what == What::NotPermitted)) {
            reading.cause = {Whom::Sender, What::Login};
        }
        // RFC 5321 section 4.2.2: these replies are about commands, in any language.
        if (is_about_commands(facts.reply_code) && said->weak &&
            reading.cause.whom == Whom::Nobody) {
            reading.cause = {Whom::Relay, What::Protocol};
        }
    }
    // Words about us outweigh a status about the recipient.
    const bool denied = by_status.has_value() && is_recipient(by_status->whom) &&
                        std::ranges::any_of(reading.said, [](const Statement& one) {
                            return !one.guess && !one.introduced &&
                                   one.strength != Strength::Alone && is_ours(one.cause.whom);
                        });
    const bool informs = said != nullptr && said->cause.what == What::Info;
    const bool status_tells = by_status.has_value() && !denied && facts.status.has_value() &&
                              facts.status->detail() != 0 &&
                              (informs || !causes.is_weak(*by_status));
    if (said != nullptr && !(is_vague(*said) && status_tells)) {
        return reading;
    }
    if (by_status.has_value()) {
        reading.cause = *by_status;
        reading.read_from = ReadFrom::Status;
        return reading;
    }
    const auto by_reply = causes.cause_of_reply(facts.reply_code);
    if (!by_reply.has_value()) {
        return std::nullopt;
    }
    reading.cause = {shifted(by_reply->whom, whom_of(facts.stage)), by_reply->what};
    reading.read_from = ReadFrom::Reply;
    return reading;
}

}  // namespace holdback::reading

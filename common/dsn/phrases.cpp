// SPDX-License-Identifier: Apache-2.0
#include "dsn/phrases.hpp"

#include "core/literal_set.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

/// Phrases of one meaning, prepared for searching.
class PhraseTable {
public:
    explicit PhraseTable(std::span<const std::string_view> phrases)
        : set_(std::vector<std::string>(phrases.begin(), phrases.end())) {}

    [[nodiscard]] bool any_in(std::string_view text) const {
        bool any = false;
        set_.search(text, [&any](std::size_t, std::size_t) { any = true; });
        return any;
    }

private:
    core::LiteralSet set_;
};

constexpr auto kBounceSubjects = std::to_array<std::string_view>({
    "undelivered mail",
    "undeliverable",
    "undeliverd",
    "undelivered message",
    "failure notice",
    "failure delivery",
    "failed mail",
    "mail failed",
    "mail failure",
    "message failed",
    "mail error",
    "mail system error",
    "mail could not be delivered",
    "mail not delivered",
    "mail delivery",
    "mail undeliver",
    "email delivery",
    "message delivery",
    "message could not be delivered",
    "message not delivered",
    "not delivered",
    "non delivered",
    "non-delivered",
    "nondeliverable",
    "non-delivery",
    "non delivery",
    "nondelivery",
    "non remis",
    "delivery status",
    "delivery failed",
    "delivery failure",
    "delivery has failed",
    "delivery error",
    "delivery problem",
    "delivery report",
    "delivery notification",
    "delivery delayed",
    "delivery incomplete",
    "delivery unsuccessful",
    "delayed mail",
    "delayed delivery",
    "permanent delivery",
    "permanent error",
    "returned mail",
    "returned e-mail",
    "returned email",
    "returned message",
    "returning message",
    "returned to sender",
    "returning to sender",
    "return to sender",
    "message status",
    "rejected mail",
    "mail rejected",
    "message rejected",
    "message blocked",
    "rejected message",
    "user unknown",
    "unknown user",
    "unknown recipient",
    "could not send message",
    "couldn't be delivered",
    "could not be delivered",
    "cannot be delivered",
    "unable to deliver",
    "processing error",
    "warning: message",
    "warning: could not send",
    "warning: mail",
    "still being retried",
    "quota exceeded",
    "mailbox full",
    "mailbox is full",
    "are not member",
    "not a member",
    "unzustellbar",
    "nicht zustellbar",
    "nicht zugestellt",
    "zustellung",
    "fehlgeschlagen",
    "undelivrable",
    "non distribuable",
    "non remise",
    "échec de",
    "echec de",
    "notification d'état de remise",
    "no se puede entregar",
    "no se pudo entregar",
    "no entregado",
    "correo devuelto",
    "error de entrega",
    "não entregue",
    "nao entregue",
    "falha na entrega",
    "mancata consegna",
    "non recapitabile",
    "impossibile recapitare",
    "onbestelbaar",
    "kan niet worden",
    "недоставлен",
    "не доставлен",
    "не может быть доставлено",
    "невозможно доставить",
    "配信不能",
    "配送失敗",
    "配信できません",
    "配送できません",
    "エラーメール",
    "送信できません",
    "系统退信",
    "退信",
    "邮件传输失败",
    "投递失败",
    "无法投递",
});

constexpr auto kBouncePhrases = std::to_array<std::string_view>({
    "this is the qmail-send program",
    "this is the mail system at host",
    "this is the postfix program at host",
    "this is the mailer-daemon",
    "this is the deliver program at",
    "this is the machine generated message from mail service",
    "the mta program at",
    "mail delivery agent v",
    "dragonfly mail agent",
    "i wasn't able to deliver your message",
    "was unable to deliver your message",
    "unable to deliver your message",
    "problem delivering your message",
    "problem delivering the message",
    "trouble delivering your message",
    "difficulty delivering your message",
    "we were unable to deliver",
    "unable to deliver message",
    "unable to deliver the message",
    "unable to deliver to",
    "unable to deliver mail",
    "could not deliver the message",
    "could not deliver mail",
    "could not deliver your",
    "couldn't deliver",
    "message could not be delivered",
    "message couldn't be delivered",
    "mail could not be delivered",
    "email could not be delivered",
    "mail cannot be delivered",
    "message cannot be delivered",
    "message was not delivered",
    "mail was not delivered",
    "message has not been delivered",
    "message wasn't delivered",
    "was not delivered to",
    "wasn't delivered to",
    "not be delivered to",
    "not been delivered to",
    "was undeliverable to",
    "undeliverable to the following",
    "undeliverable message",
    "undeliverable mail",
    "could not be delivered to",
    "couldn't be delivered to",
    "could not be sent to",
    "can not be delivered",
    "cannot be delivered to",
    "can't be delivered",
    "be delivered to one or more",
    "not be delivered for the following",
    "delivery to the following recipient",
    "delivery to the following address",
    "delevery to the following recipient",
    "delivery to these recipients",
    "delivery has failed to these",
    "delivery of the following message",
    "delivery failed for the following",
    "your delivery to the following",
    "following recipients did not receive",
    "following recipient(s) could not be",
    "following recipient(s) cannot be",
    "following recipients could not be",
    "following recipients cannot be",
    "following recipient failed",
    "following recipient was",
    "following recipients failed",
    "following addresses failed",
    "following address failed",
    "following address(es) failed",
    "following addresses had",
    "following address had",
    "following addresses did not receive",
    "following addresses were undeliverable",
    "following list of recipients",
    "following destination addresses",
    "did not reach the following",
    "did not reach its",
    "not reach the following recipient",
    "each of the following recipients was rejected",
    "recipient(s) could not be reached",
    "recipients could not be reached",
    "error occurred while trying to deliver",
    "error has occurred while attempting to deliver",
    "error delivering your mail",
    "error while attempting to deliver",
    "an error was detected while processing",
    "encountered an error while being processed",
    "delivery errors",
    "delivery problems",
    "delivery error",
    "fatal errors",
    "transient non-fatal errors",
    "transcript of session",
    "session transcript",
    "transcript follows",
    "message log follows",
    "failed addresses follow",
    "message delivery has been delayed",
    "recipient has been delayed",
    "has been delayed",
    "this is a warning message only",
    "this is a warning only",
    "you do not need to resend",
    "will be retried",
    "remote host said",
    "error that the other server returned",
    "technical details of permanent failure",
    "technical details of temporary failure",
    "technical details:",
    "smtp error from remote",
    "remote smtp server returned",
    "remote server returned",
    "remote system responded",
    "mail server responded",
    "generated by the server",
    "bounced message",
    "automatically generated delivery status notification",
    "this is a delivery status notification",
    "delivery status notification is sent",
    "delivery failure",
    "delivery notification:",
    "delivery failed",
    "permanent failure",
    "this is a permanent error",
    "i've given up",
    "giving up",
    "returned to you for the following reason",
    "returned to sender",
    "message is being returned",
    "message has been returned",
    "returning your message",
    "message is returned",
    "mail is being returned",
    "mail has been returned",
    "message was returned",
    "exceeded maximum delivery attempts",
    "maximum delivery attempts",
    "invalid final delivery userid",
    "invalid user address",
    "error: invalid user",
    "unknown user:",
    "user unknown",
    "unknown local user",
    "no such user",
    "no such account",
    "no mailbox here by that name",
    "mailbox not found",
    "mailbox unavailable",
    "recipient unknown",
    "recipient name is not recognized",
    "unknown recipient",
    "invalid recipient",
    "recipient address rejected",
    "recipient not found",
    "host unknown",
    "user doesn't have a",
    "does not have an account",
    "account has been disabled",
    "account is disabled",
    "account that you tried to reach",
    "address couldn't be found",
    "address you sent your message to wasn't found",
    "address not found",
    "over quota",
    "quota exceeded",
    "exceeded the quota",
    "mailbox is full",
    "mailbox full",
    "mail box space not enough",
    "mailfolder is full",
    "was rejected by the recipient",
    "was rejected by a remote",
    "was rejected by the server",
    "message was rejected",
    "message has been rejected",
    "message was blocked",
    "message has been blocked",
    "your message to the group",
    "the group you tried to contact",
    "group may not exist",
    "you are not a member of this mailing list",
    "are not member of this mailing list",
    "not allowed to post",
    "because they are not accepting mail",
    "not accepting mail from",
    "did not exactly match",
    "it has not been collected",
    "it was not delivered",
    "did not receive this message",
    "delivery report unavailable",
    "mail transport",
    "nachricht konnte nicht",
    "konnte nicht zugestellt",
    "konnten nicht zugestellt",
    "nicht zugestellt werden",
    "fehler beim zustellen",
    "n'a pas pu être remis",
    "n'a pas pu être livré",
    "n'a pas pu être délivré",
    "n'a pu être délivré",
    "n'a pas été remis",
    "échec de la remise",
    "no se ha podido entregar",
    "no se pudo entregar",
    "no ha podido entregarse",
    "não pôde ser entregue",
    "não foi entregue",
    "nao foi possivel entregar",
    "impossibile recapitare",
    "impossibile consegnare",
    "non è stato recapitato",
    "kan niet worden bezorgd",
    "не может быть доставлено",
    "не было доставлено",
    "не удалось доставить",
    "невозможно доставить",
    "配信できません",
    "配送できません",
    "送信できません",
    "送信に失敗",
    "送信できなかった",
    "届けることができません",
    "宛先メールアドレス",
    "送信先メールアドレスが見つから",
    "无法发送",
    "投递失败",
    "无法送达",
    "退信",
    "投遞失敗",
});

constexpr auto kAutoReplyStarts = std::to_array<std::string_view>({
    "out of office",
    "out-of-office",
    "outofoffice",
    "out of the office",
    "[out of office]",
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "automatically generated reply",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto:",
    "auto response",
    "auto-response",
    "autoresponse",
    "auto respond",
    "autorespond",
    "[auto",
    "vacation",
    "on vacation",
    "away from",
    "i am away",
    "i'm away",
    "i am out of",
    "i am on",
    "currently out of",
    "currently away",
    "holiday notice",
    "abwesend",
    "abwesenheit",
    "automatische antwort",
    "automatische abwesenheit",
    "ich bin nicht",
    "nicht im büro",
    "réponse automatique",
    "reponse automatique",
    "absence",
    "absent",
    "absence du bureau",
    "respuesta automática",
    "respuesta automatica",
    "fuera de la oficina",
    "fuera de oficina",
    "ausente",
    "resposta automática",
    "resposta automatica",
    "ausência",
    "fora do escritório",
    "risposta automatica",
    "fuori ufficio",
    "fuori sede",
    "automatisch antwoord",
    "afwezig",
    "niet aanwezig",
    "autosvar",
    "frånvaro",
    "automaattinen vastaus",
    "poissa",
    "odpowiedź automatyczna",
    "autoodpowiedź",
    "automatyczna odpowiedź",
    "nieobecność",
    "automatická odpověď",
    "atvaļinājums",
    "автоответ",
    "автоматический ответ",
    "自動返信",
    "自動応答",
    "自动回复",
    "自動回覆",
    "자동 회신",
});

constexpr auto kAutoReplyInside = std::to_array<std::string_view>({
    "(automatic response)",
    "(auto reply)",
    "(autoreply)",
    "(auto-reply)",
    "(out of office)",
    "out of office reply",
    "out of office autoreply",
    "out of office:",
    "automatic reply:",
    "auto reply:",
    "autoreply:",
    "auto-reply:",
    "vacation reply",
    "vacation message",
    "[autoreply]",
    "[auto-reply]",
});

constexpr auto kChallengePhrases = std::to_array<std::string_view>({
    "has been waitlisted",
    "add yourself to my",
    "add yourself to the guest list",
    "guest list so your messages",
    "confirm that you are a real person",
    "confirm you are a real person",
    "confirm that you are human",
    "verify that you are a person",
    "verify you are a human",
    "prove that you are human",
    "prove you are human",
    "one-time confirmation",
    "one time confirmation",
    "one-time verification",
    "one-time only",
    "challenge/response",
    "challenge-response",
    "challenge response",
    "sender not pre-approved",
    "confirm your email to be delivered",
    "confirm your message",
    "confirm this message",
    "confirm the delivery",
    "please confirm your mail",
    "to confirm that your message",
    "to confirm this mail server",
    "to have your message delivered",
    "before your message can be delivered",
    "before your message will be delivered",
    "before i will receive",
    "your message is being held",
    "message is being held until",
    "your message has been held",
    "requires confirmation",
    "requires verification",
    "approved senders list",
    "approved sender list",
    "approved list",
    "to be added to my",
    "to be added to the",
    "sender verification",
    "not on my list of approved",
    "not in my list of approved",
    "spam arrest",
    "spamarrest",
    "boxbe",
    "tmda",
    "reply to this message to confirm",
    "reply to this email to confirm",
    "simply reply to this",
});

constexpr auto kDelayPhrases = std::to_array<std::string_view>({
    "this is a warning message only",
    "this is a warning only",
    "do not need to resend",
    "don't need to resend",
    "has been delayed",
    "have been delayed",
    "delivery is delayed",
    "delayed mail",
    "delivery delayed",
    "(delay)",
    "will be retried",
    "will retry",
    "will keep trying",
    "will continue to try",
    "will continue trying",
    "still being retried",
    "not yet been delivered",
    "not yet delivered",
    "transient non-fatal errors",
    "could not send message for past",
    "no action is required on your part",
    "temporarily undeliverable",
});

constexpr auto kComplaintPhrases = std::to_array<std::string_view>({
    "this is an email abuse report",
    "this is a spam report for an email",
    "email abuse complaint",
    "reported the following message as spam",
    "marked the following message as spam",
    "this is an opt-out report",
});

constexpr auto kFinalPhrases = std::to_array<std::string_view>({
    "permanent error",
    "permanent failure",
    "permanent fatal",
    "failed permanently",
    "giving up",
    "given up",
    "gave up",
    "not going to try again",
    "will not be retried",
    "removed from the queue",
});

constexpr auto kAwayPhrases = std::to_array<std::string_view>({
    "out of the office",
    "out of office",
    "i am currently away",
    "i am away",
    "i'm away",
    "i will be away",
    "i am on vacation",
    "on vacation",
    "on holiday",
    "on annual leave",
    "maternity leave",
    "am currently out",
    "am unable to read your message",
    "will respond as soon as",
    "will reply as soon as",
    "endeavour to reply",
    "get back to you as soon as",
    "thank you for your e-mail",
    "thank you for your email",
    "thank you for you e-mail",
    "thank you for your message",
    "thank you for contacting",
    "we have received your",
    "your message has been received",
    "your email has been received",
    "this is an automated response",
    "this is an automatic response",
    "this is an automatic reply",
    "this is an automated reply",
    "this is an auto-reply",
    "this is an autoresponse",
    "nicht im büro",
    "im urlaub",
    "bin abwesend",
    "en vacances",
    "absent du bureau",
    "de vacaciones",
    "gracias por contactar",
    "de férias",
    "in ferie",
    "fuori ufficio",
    "met vakantie",
    "в отпуске",
});

/// The phrases that occur in texts, all in one set.
class PhraseIndex {
public:
    PhraseIndex() : set_(joined()) {}

    [[nodiscard]] PhraseSigns signs_of(std::string_view text) const {
        PhraseSigns signs;
        std::array<std::size_t, kBouncePhrases.size()> first_end{};  // 0: not in the text
        set_.search(text, [&](std::size_t which, std::size_t begin) {
            if (which < kBouncePhrases.size()) {
                const std::size_t end = begin + kBouncePhrases.at(which).size();
                std::size_t& first = first_end.at(which);
                first = first == 0 ? end : std::min(first, end);
            } else if (which < kAwayBegin) {
                signs.asks_for_confirmation = true;
            } else if (which < kDelayBegin) {
                signs.says_away = signs.says_away || begin < kAwayOctets;
            } else if (which < kFinalBegin) {
                signs.says_delayed = true;
            } else if (which < kComplaintBegin) {
                signs.says_final = true;
            } else {
                signs.complains = true;
            }
        });
        signs.bounce = static_cast<int>(
            std::ranges::count_if(first_end, [](std::size_t end) { return end > 0; }));
        signs.opening_bounce = static_cast<int>(std::ranges::count_if(
            first_end, [](std::size_t end) { return end > 0 && end <= kOpeningOctets; }));
        return signs;
    }

private:
    static constexpr std::size_t kOpeningOctets = 600;
    static constexpr std::size_t kAwayOctets = 1500;

    // Where each kind begins among all phrases.
    static constexpr std::size_t kChallengeBegin = kBouncePhrases.size();
    static constexpr std::size_t kAwayBegin = kChallengeBegin + kChallengePhrases.size();
    static constexpr std::size_t kDelayBegin = kAwayBegin + kAwayPhrases.size();
    static constexpr std::size_t kFinalBegin = kDelayBegin + kDelayPhrases.size();
    static constexpr std::size_t kComplaintBegin = kFinalBegin + kFinalPhrases.size();

    static std::vector<std::string> joined() {
        std::vector<std::string> all;
        const auto add = [&all](std::span<const std::string_view> phrases) {
            all.insert(all.end(), phrases.begin(), phrases.end());
        };
        add(kBouncePhrases);
        add(kChallengePhrases);
        add(kAwayPhrases);
        add(kDelayPhrases);
        add(kFinalPhrases);
        add(kComplaintPhrases);
        return all;
    }

    core::LiteralSet set_;
};

bool is_reply_or_forward(std::string_view subject) {
    return subject.starts_with("re:") || subject.starts_with("fwd:") ||
           subject.starts_with("fw:") || subject.starts_with("aw:") || subject.starts_with("wg:") ||
           subject.starts_with("[fwd:");
}

/// Joins lines into one, folded as `phrase_text` says.
class LineFolder {
public:
    explicit LineFolder(std::size_t most_octets) : text_(most_octets, '\0') {}

    /// Adds a line, up to the octets that the folder was made for, line ends included.
    void add(std::string_view line) {
        for (std::size_t at = 0; at < line.size(); ++at) {
            const char c = line[at];
            if (core::is_ascii_space(c)) {
                gap_ = true;
            } else if (c == '\xe2' || c == '\xc2') {
                at += add_mark(line.substr(at)) - 1;
            } else {
                put(core::ascii_lower(c));
            }
        }
        gap_ = true;
    }

    [[nodiscard]] std::string take() {
        text_.resize(end_);
        return std::move(text_);
    }

private:
    /// Adds a typographic apostrophe, a no-break space or one octet. Returns the octets that it
    /// took.
    std::size_t add_mark(std::string_view text) {
        if (text.starts_with("\xe2\x80\x99") || text.starts_with("\xe2\x80\x98")) {
            put('\'');
            return 3;
        }
        if (text.starts_with("\xc2\xa0")) {
            gap_ = true;
            return 2;
        }
        put(text.front());
        return 1;
    }
    void put(char c) {
        if (gap_ && end_ > 0) {
            text_[end_++] = ' ';
        }
        gap_ = false;
        text_[end_++] = c;
    }

    std::string text_;
    std::size_t end_ = 0;
    bool gap_ = false;
};

bool is_quoted(std::string_view line) {
    return line.starts_with("> ") || (line.starts_with('>') && !line.starts_with(">>>"));
}

}  // namespace

std::string phrase_text(std::string_view text, std::size_t most_octets) {
    LineFolder folder(std::min(text.size(), most_octets) + 1);
    std::size_t octets = 0;
    for (std::size_t at = 0; at < text.size() && octets < most_octets;) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, std::min(end - at, most_octets - octets));
        if (!is_quoted(line)) {
            folder.add(line);
            octets += line.size() + 1;
        }
        at = end + 1;
    }
    return folder.take();
}

bool is_bounce_subject(std::string_view subject) {
    static const PhraseTable table(kBounceSubjects);
    return !is_reply_or_forward(subject) && table.any_in(subject);
}

bool is_auto_reply_subject(std::string_view subject) {
    static const PhraseTable inside(kAutoReplyInside);
    while (subject.starts_with("re:") || subject.starts_with("aw:")) {
        subject = core::trim(subject.substr(3));
    }
    return std::ranges::any_of(
               kAutoReplyStarts,
               [subject](std::string_view start) { return subject.starts_with(start); }) ||
           inside.any_in(subject);
}

PhraseSigns phrase_signs(std::string_view text) {
    static const PhraseIndex index;
    return index.signs_of(text);
}

}  // namespace holdback::dsn

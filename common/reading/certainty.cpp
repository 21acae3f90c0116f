// SPDX-License-Identifier: Apache-2.0
#include "reading/certainty.hpp"

#include "reading/cause.hpp"
#include "reading/reading.hpp"
#include "reading/rule_set.hpp"
#include "reading/smtp_stage.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace holdback::reading {

namespace {

constexpr terms::FailureCode kCommunication{4999};
constexpr terms::FailureCode kNotServed{4006};
constexpr terms::FailureCode kLogin{6001};

bool is_one_of(int number, std::initializer_list<int> numbers) {
    return std::ranges::find(numbers, number) != numbers.end();
}

/// True for a cause that contradicts a failure of the recipient: it is about the sender, the host,
/// content, limits or the connection.
bool speaks_against(const Cause& cause) {
    switch (cause.whom) {
        case Whom::Sender:
        case Whom::Host:
        case Whom::Message:
        case Whom::Relay:
            return true;
        case Whom::Nobody:
        case Whom::Mailbox:
        case Whom::Domain:
        case Whom::System:
            break;
    }
    switch (cause.what) {
        case What::Listed:
        case What::Spam:
        case What::Virus:
        case What::Limited:
        case What::Quota:
        case What::Suspended:
        case What::NotPermitted:
        case What::Login:
        case What::Unauthenticated:
        case What::NoRdns:
        case What::TooBig:
        case What::Unreachable:
        case What::Busy:
        case What::TimedOut:
        case What::Protocol:
        case What::Loop:
        case What::Challenge:
        case What::Greylisted:
        case What::Restricted:
        case What::Tls:
        case What::Policy:
        case What::BadLink:
            return true;
        default:
            return false;
    }
}

bool is_ours(const Statement& statement) {
    return statement.cause.whom == Whom::Sender || statement.cause.whom == Whom::Host;
}

/// Examines one claim from all sides. Each question returns a doubt, or nothing.
class Examination {
public:
    explicit Examination(const Claim& claim) : claim_(claim) {}

    [[nodiscard]] std::string_view doubt() const {
        if (const std::string_view about_us = sender_doubt();
            needs_evidence(claim_.code) && !about_us.empty()) {
            return about_us;
        }
        switch (claim_.code.number()) {
            case 2001:
            case 2003:
            case 2004:
                return first({transient(),
                              stage_doubt(),
                              bare(),
                              mailbox_status_doubt(),
                              about({Whom::Mailbox}, {1, 2}),
                              said_for_now(),
                              said_against()});
            case 2002:
                return first({stage_before_recipient(),
                              bare(),
                              status_doubt({3, 7}),
                              about({Whom::Domain}, {1, 4}),
                              login_asked()});
            case 4006:
                return first({transient(), stage_doubt(), bare(), login_asked()});
            case 2999:
                return first({transient(),
                              stage_doubt(),
                              bare(),
                              status_doubt({3, 4, 7}),
                              about({Whom::Mailbox, Whom::Domain}, {1, 2}),
                              said_against()});
            case 3001:
                return first({stage_before_recipient(),
                              bare(),
                              about({Whom::Mailbox, Whom::Domain}, {2, 7})});
            case 3002:
                return first({stage_before_recipient(),
                              bare(),
                              about({Whom::Mailbox, Whom::Domain}, {2, 7}),
                              status_alone_doubt()});
            case 3003:
                return first({by_words()});
            default:
                return {};
        }
    }

    [[nodiscard]] std::string_view login_asked() const {
        const bool asked =
            claim_.reading != nullptr &&
            std::ranges::any_of(claim_.reading->said, [](const Statement& statement) {
                return statement.cause.what == What::Login ||
                       statement.cause.what == What::Unauthenticated;
            });
        return asked ? "it asks for a login" : std::string_view{};
    }

private:
    static std::string_view first(std::initializer_list<std::string_view> doubts) {
        const auto* const found =
            std::ranges::find_if(doubts, [](std::string_view doubt) { return !doubt.empty(); });
        return found == doubts.end() ? std::string_view{} : *found;
    }

    [[nodiscard]] bool by_provider() const {
        return claim_.rule != nullptr && !claim_.rule->provider.empty();
    }

    [[nodiscard]] std::string_view transient() const {
        return claim_.facts.is_transient() ? "the reply is for now only" : std::string_view{};
    }

    /// A provider's rule knows what the provider says behind DATA. A refusal of several recipients
    /// together teaches nothing anyway (`dsn::learn_key`).
    [[nodiscard]] std::string_view stage_doubt() const {
        const SmtpStage stage = claim_.facts.stage;
        const bool open = stage == SmtpStage::Unknown || stage == SmtpStage::RcptTo ||
                          (stage == SmtpStage::Data && by_provider());
        return open ? std::string_view{} : "it was not said in reply to RCPT";
    }

    [[nodiscard]] std::string_view stage_before_recipient() const {
        switch (claim_.facts.stage) {
            case SmtpStage::Connect:
            case SmtpStage::Hello:
            case SmtpStage::MailFrom:
                return "no recipient was named by then";
            case SmtpStage::Unknown:
            case SmtpStage::RcptTo:
            case SmtpStage::Data:
                return {};
        }
        return {};
    }

    [[nodiscard]] std::string_view bare() const {
        const bool rule_reads =
            claim_.rule != nullptr && (claim_.rule->reads_text() || !claim_.rule->status.empty());
        const bool reading_knows =
            claim_.reading != nullptr && claim_.reading->read_from != ReadFrom::Reply;
        const bool known = claim_.rule != nullptr ? rule_reads : reading_knows;
        return known ? std::string_view{} : "only the reply code says so";
    }

    /// A provider's rule, or one that names the status, knows what the status means.
    [[nodiscard]] std::string_view status_doubt(std::initializer_list<int> against) const {
        const auto& status = claim_.facts.status;
        const bool speaks = status.has_value() && is_one_of(status->subject(), against);
        const bool known =
            by_provider() || (claim_.rule != nullptr && !claim_.rule->status.empty());
        return speaks && !known ? "the status is about something else" : std::string_view{};
    }

    /// Many servers write 5.7.1 or 5.3.0 for every refusal, and some write 5.7.17 for a missing
    /// mailbox. Such a status does not contradict plain words.
    [[nodiscard]] std::string_view mailbox_status_doubt() const {
        const auto& status = claim_.facts.status;
        const bool any_refusal =
            status.has_value() &&
            ((status->subject() == 7 && (status->detail() <= 1 || status->detail() == 17)) ||
             (status->subject() == 3 && status->detail() == 0));
        return any_refusal && says_it_plainly() ? std::string_view{} : status_doubt({3, 4, 7});
    }

    [[nodiscard]] bool says_it_plainly() const {
        if (claim_.rule != nullptr) {
            return claim_.rule->reads_text();
        }
        const Reading* reading = claim_.reading;
        return reading != nullptr && reading->read_from == ReadFrom::Words &&
               !reading->statement.weak && std::ranges::none_of(reading->said, is_ours);
    }

    /// A doubt, unless the words or a status with one of these subjects are about one of these.
    [[nodiscard]] std::string_view about(std::initializer_list<Whom> whom,
                                         std::initializer_list<int> subjects) const {
        if (claim_.rule != nullptr) {
            return {};
        }
        const Reading& reading = *claim_.reading;
        const bool right = std::ranges::find(whom, reading.cause.whom) != whom.end();
        if (!right || (reading.read_from == ReadFrom::Words && reading.statement.guess)) {
            return "it is not certain whom it speaks of";
        }
        const auto& status = claim_.facts.status;
        const bool by_status = reading.read_from == ReadFrom::Status;
        return by_status && !(status.has_value() && is_one_of(status->subject(), subjects))
                   ? "the status is about something else"
                   : std::string_view{};
    }

    [[nodiscard]] std::string_view said_against() const {
        if (claim_.reading == nullptr || by_provider()) {
            return {};
        }
        const bool plain = says_it_plainly();
        const bool against =
            std::ranges::any_of(claim_.reading->said, [plain](const Statement& statement) {
                // General words about the sender or the host contradict only general words.
                const bool counts = !statement.weak || (!plain && is_ours(statement) &&
                                                        statement.strength != Strength::Alone);
                return counts && !statement.guess && !statement.introduced &&
                       speaks_against(statement.cause);
            });
        return against ? "it also says something that is not about the recipient"
                       : std::string_view{};
    }

    /// A call to try later does not say that a mailbox is gone, unless the status says so.
    [[nodiscard]] std::string_view said_for_now() const {
        const auto& status = claim_.facts.status;
        const bool is_sure = status.has_value() && status->subject() == 1 &&
                             is_one_of(status->detail(), {1, 3, 6, 10});
        const bool later = claim_.reading != nullptr &&
                           std::ranges::any_of(claim_.reading->said, [](const Statement& one) {
                               return one.cause.what == What::TryLater && !one.introduced;
                           });
        return later && !is_sure && !by_provider() ? "it also says to try later"
                                                   : std::string_view{};
    }

    /// A rule names the code, but the words say plainly that the sender does not exist.
    [[nodiscard]] std::string_view sender_doubt() const {
        const Reading* reading = claim_.reading;
        const bool disagree =
            claim_.rule != nullptr && reading != nullptr && reading->read_from == ReadFrom::Words &&
            reading->cause.whom == Whom::Sender &&
            (reading->cause.what == What::Unknown || reading->cause.what == What::NoMail) &&
            !reading->statement.guess;
        return disagree ? "the words speak of the sender" : std::string_view{};
    }

    /// Many servers give 5.2.1 to messages that they do not like. The words are then about the
    /// message.
    [[nodiscard]] std::string_view status_alone_doubt() const {
        const Reading* reading = claim_.reading;
        const bool by_status = claim_.rule != nullptr
                                   ? !claim_.rule->reads_text()
                                   : reading != nullptr && reading->read_from == ReadFrom::Status;
        const bool about_message =
            reading != nullptr &&
            std::ranges::any_of(reading->said, [](const Statement& statement) {
                return statement.cause.whom == Whom::Message && !statement.guess;
            });
        return by_status && about_message ? "the words speak of the message" : std::string_view{};
    }

    [[nodiscard]] std::string_view by_words() const {
        const bool words =
            claim_.rule != nullptr
                ? claim_.rule->reads_text()
                : claim_.reading != nullptr && claim_.reading->read_from == ReadFrom::Words;
        return words ? std::string_view{} : "no words say so";
    }

    const Claim& claim_;
};

/// The nearest code that teaches nothing.
terms::FailureCode nearest_of(const Claim& claim) {
    const Whom whom = claim.reading == nullptr ? Whom::Nobody : claim.reading->cause.whom;
    switch (whom) {
        case Whom::Sender:
        case Whom::Host:
        case Whom::Message:
            return terms::kRejectedOther;
        case Whom::System:
        case Whom::Relay:
            return claim.facts.is_transient() ? terms::kTemporaryOther : kCommunication;
        case Whom::Nobody:
        case Whom::Mailbox:
        case Whom::Domain:
            return claim.facts.is_transient() ? terms::kTemporaryOther : terms::kRejectedOther;
    }
    return terms::kRejectedOther;
}

}  // namespace

bool needs_evidence(terms::FailureCode code) {
    return is_one_of(code.number(), {2001, 2002, 2003, 2004, 2999, 3001, 3002, 3003, 4006});
}

CertainCode certain_code(const Claim& claim) {
    if (claim.rule != nullptr && claim.rule->local) {
        return {claim.code, {}};
    }
    const Examination examination(claim);
    const std::string_view doubt = examination.doubt();
    if (claim.code == kNotServed && !examination.login_asked().empty()) {
        return {kLogin, doubt};
    }
    return doubt.empty() ? CertainCode{claim.code, {}} : CertainCode{nearest_of(claim), doubt};
}

}  // namespace holdback::reading

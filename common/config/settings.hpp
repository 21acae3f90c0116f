// SPDX-License-Identifier: Apache-2.0
#pragma once
// All settings as typed values with their defaults, one struct for each table of holdback.conf(5),
// in the order of the manual. No file access here: see io/settings/settings_file.

#include "config/limit.hpp"
#include "config/notice_choice.hpp"
#include "config/policy.hpp"
#include "config/rate.hpp"  // IWYU pragma: export
#include "mail/address.hpp"
#include "mail/ip_address.hpp"
#include "mail/mta_names.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::config {

enum class Mode : std::uint8_t { Shadow, Enforce };
enum class AnswerAt : std::uint8_t { Recipient, Message };
enum class RefuseAtRcpt : std::uint8_t { Authenticated, Always, Never };
enum class AtExpiry : std::uint8_t { Return, Release, Discard };
/// The direction of mail that came in from outside before and comes again from this host, without a
/// login and with a sender of another domain.
enum class Reinjected : std::uint8_t { Inbound, Outgoing };
/// The bounces that a seal proves when several recipients have received it.
enum class SharedSeal : std::uint8_t {
    Origin,  ///< a bounce that comes from the recipient's side
    Trust,   ///< any bounce
};
/// The person whose answer to a notice counts, if it has the token.
enum class ReplyBy : std::uint8_t {
    User,    ///< the SASL user who sent the mail that is held
    Sender,  ///< whoever may send through us, from the sender's address
    Token,   ///< anybody who has the token
};
/// The answer to the MTA when we cannot do our work.
enum class ErrorAnswer : std::uint8_t { Accept, Tempfail, Reject };
enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// A share of a whole: "10%".
struct Share {
    unsigned percent;

    bool operator==(const Share&) const = default;
};

/// A nameserver: "192.0.2.53", "127.0.0.1:5310", "[2001:db8::1]:53".
struct NameServer {
    mail::IpAddress address;
    std::uint16_t port;

    bool operator==(const NameServer&) const = default;
};

struct MilterSettings {
    std::string socket = "unix:/var/spool/postfix/holdback/holdback.sock";
    std::string socket_group = "postfix";
    unsigned socket_mode = 0660;
    std::string user = "holdback";
    AnswerAt answer_at = AnswerAt::Recipient;
    /// How many callbacks may wait (for DNS, the disk) at one time; above that, mail passes
    /// unchecked.
    std::size_t max_waiting = 200;

    bool operator==(const MilterSettings&) const = default;
};

struct ControlSettings {
    std::string socket = "/run/holdback/control.sock";
    std::string group;      ///< may ask the daemon; empty: only root and the daemon's user
    std::string operators;  ///< may also have the daemon act; empty: only those two

    bool operator==(const ControlSettings&) const = default;
};

struct StoreSettings {
    std::string path = "/var/lib/holdback/holdback.db";
    /// New suppression entries keep a keyed hash of their subject instead of the address.
    bool hash = false;
    std::string hash_key = "/var/lib/holdback/hash.key";  ///< made at its first use

    bool operator==(const StoreSettings&) const = default;
};

struct OutgoingSettings {
    std::vector<mail::Network> networks;  ///< default: 127.0.0.0/8 and ::1
    std::vector<std::string> daemons = {"ORIGINATING"};
    std::vector<std::string> sender_domains;  ///< empty: any
    /// Sources that say which user may use which sender: file:/path | postfix | postfix:/directory.
    /// Empty: any user any sender.
    std::vector<std::string> sender_logins;
    std::vector<std::string> local_domains;
    /// The source of the domains that the MTA itself serves: auto | off | postfix:/directory |
    /// sendmail:/file.
    std::string mta_domains = "auto";
    /// Transports of Postfix and mailers of Sendmail that don't deliver by MX records, in addition
    /// to the usual ones.
    std::vector<std::string> local_transports;
    /// Domains, with all below them, whose senders are ours.
    std::vector<std::string> own_domains;
    Reinjected reinjected = Reinjected::Inbound;
    /// Addresses ("a@example.net"), domains ("example.net") and domains with all below them
    /// (".example.net"), in lower case.
    std::vector<std::string> allow;
    std::vector<std::string> block;

    OutgoingSettings();
    bool operator==(const OutgoingSettings&) const = default;
};

struct DnsSettings {
    std::vector<NameServer> nameservers;  ///< empty: /etc/resolv.conf
    std::chrono::milliseconds budget{2000};
    std::vector<std::string> reserved_domains = {
        "invalid", "example", "example.com", "example.net", "example.org"};
    std::size_t cache_entries = 100'000;

    bool operator==(const DnsSettings&) const = default;
};

/// Mail that is always of one stream, by its sender, user, daemon or client.
struct StreamLists {
    std::vector<std::string> senders;  ///< addresses or domains
    std::vector<std::string> users;
    std::vector<std::string> daemons;
    std::vector<mail::Network> clients;

    bool operator==(const StreamLists&) const = default;
};

/// Mail that is never bulk, whatever `BulkSettings` say.
struct DirectSettings : StreamLists {
    bool operator==(const DirectSettings&) const = default;
};

struct BulkSettings : StreamLists {
    std::vector<std::string> headers = {"List-Unsubscribe", "List-Id", "Feedback-ID"};
    std::string campaign_header = "X-Campaign-ID";
    std::size_t recipients = 25;
    Rate rate{100, std::chrono::minutes(10)};
    std::size_t repeats = 20;  ///< messages with the same body or subject fingerprint
    /// A campaign with more than this share of bad recipients, of at least `stop_minimum`, is held
    /// as a whole; 100 %: never.
    Share stop_above{100};
    std::size_t stop_minimum = 50;
    /// A recipient who got a campaign does not get it again within this time; zero: not checked.
    std::chrono::seconds repeat_window = std::chrono::days(1);

    bool operator==(const BulkSettings&) const = default;
};

struct PolicySettings {
    RefuseAtRcpt refuse_at_rcpt = RefuseAtRcpt::Authenticated;
    /// How many refusals one client gets in one session. Later ones are told in a DSN where
    /// possible.
    std::size_t refuse_at_most = 5;
    std::vector<terms::FindingName> shadow;
    /// True when mail leaves with a header field that names its findings.
    bool tag_header = false;
    /// Domains that are never taken for misspellings, in lower case.
    std::vector<std::string> known_domains;
    /// Files with one local part or domain in a line; `#` begins a comment. Empty: none.
    std::string role_addresses;
    std::string disposable_domains;
    PolicyTable bulk = PolicyTable::bulk_defaults();
    PolicyTable direct = PolicyTable::direct_defaults();

    bool operator==(const PolicySettings&) const = default;
};

/// A delimiter in the local part and the domain where it begins a tag: "+@gmail.com".
struct TagDelimiter {
    char delimiter;
    std::string domain;  ///< canonical; domains below it are not included

    bool operator==(const TagDelimiter&) const = default;
};

struct SuppressSettings {
    /// Default: large providers where "bo+shop" reaches the mailbox "bo".
    std::vector<TagDelimiter> delimiter;

    SuppressSettings();
    /// The mailbox that a tagged address reaches; nullopt for other addresses.
    [[nodiscard]] std::optional<mail::Address> untagged(const mail::Address& address) const;
    bool operator==(const SuppressSettings&) const = default;
};

struct HoldSettings {
    std::string spool = "/var/lib/holdback/held";
    std::string reinject = "smtp:127.0.0.1:25";  ///< or "sendmail:/usr/sbin/sendmail"
    std::chrono::seconds expire_after = std::chrono::days(7);
    AtExpiry at_expiry = AtExpiry::Return;
    /// The time for which ended items (released, returned, discarded) stay listed.
    std::chrono::seconds keep_ended = std::chrono::days(30);
    /// Octets that may be held, in all and for one sender. 0: no limit in all, half of the room for
    /// one sender.
    std::uint64_t max_size = 0;
    std::uint64_t max_size_per_sender = 0;
    /// Octets that must stay free on the disk of the spool.
    std::uint64_t min_free = std::uint64_t{64} * 1024 * 1024;
    /// Release items by themselves when their cause has gone (a suppression lifted, a domain that
    /// resolves).
    bool auto_release = false;

    bool operator==(const HoldSettings&) const = default;
};

/// The path of a file or directory that is installed with the program.
[[nodiscard]] std::string shipped_path(std::string_view name);

/// The mail that tells senders who was held.
struct NoticeSettings {
    bool enabled = true;
    /// The address that notices come from and answers go to; empty: holdback@ the name of this
    /// host.
    std::string address;
    std::chrono::seconds collect = std::chrono::minutes(10);
    ReplyBy reply_by = ReplyBy::User;
    /// How many recipients a sender may release, by answers and by X-Holdback-Override.
    Rate budget{100, std::chrono::days(1)};
    /// The contact for questions, an address or words; empty: the postmaster of the domain of
    /// `address`.
    std::string contact;
    NoticeTarget to;
    /// Overrides `to`; the first entry that covers the envelope sender counts.
    std::vector<ForSenders<NoticeTarget>> to_by_sender;
    /// The name of a table of texts.
    std::string language = "en";
    /// Overrides `language`.
    std::vector<ForSenders<std::string>> language_by_sender;
    /// The shipped directory of the tables of texts, and the administrator's own, which may be
    /// absent.
    std::string texts = shipped_path("notices.d");
    std::string local_texts = "/etc/holdback/notices.d";

    bool operator==(const NoticeSettings&) const = default;
};

/// The daily summary for the postmaster.
struct DigestSettings {
    std::vector<std::string> to;                              ///< addresses; empty: no digest
    std::chrono::minutes at{360};                             ///< local time of day
    std::chrono::seconds warn_before = std::chrono::days(2);  ///< items that expire this soon

    bool operator==(const DigestSettings&) const = default;
};

/// The expectations of bulk mail.
struct ComplianceSettings {
    /// Domains (with all below them) that From may name. Empty: `[outgoing] sender_domains`; when
    /// that is empty too, any domain.
    std::vector<std::string> own_domains;
    bool expect_signature = false;  ///< by DKIM, before the message comes to us

    bool operator==(const ComplianceSettings&) const = default;
};

struct OnErrorSettings {
    ErrorAnswer store = ErrorAnswer::Accept;
    ErrorAnswer dns = ErrorAnswer::Accept;
    ErrorAnswer spool = ErrorAnswer::Tempfail;
    ErrorAnswer internal = ErrorAnswer::Accept;

    bool operator==(const OnErrorSettings&) const = default;
};

struct DsnSettings {
    /// Longest part of an inbound message, in octets, that is read for classification.
    std::size_t max_message = std::size_t{2} * 1024 * 1024;

    bool operator==(const DsnSettings&) const = default;
};

struct CodesSettings {
    /// The shipped files.
    std::string file = shipped_path("codes.conf");
    std::string rules = shipped_path("rules.d");
    std::string lexicon = shipped_path("lexicon.d");
    /// The administrator's own files; each may be absent.
    std::string local_file = "/etc/holdback/codes.conf";
    std::string local_rules = "/etc/holdback/rules.d";
    std::string local_lexicon = "/etc/holdback/lexicon.d";
    bool extensions = true;

    bool operator==(const CodesSettings&) const = default;
};

/// The scope of a new entry, by its reason.
struct LearnScopes {
    terms::ScopeKind bounce = terms::ScopeKind::Global;
    terms::ScopeKind complaint = terms::ScopeKind::SenderDomain;
    terms::ScopeKind unsubscribe = terms::ScopeKind::SenderDomain;
    terms::ScopeKind manual = terms::ScopeKind::Global;

    /// Allow entries have the scope of manual ones.
    [[nodiscard]] terms::ScopeKind of(terms::SuppressionReason reason) const;
    bool operator==(const LearnScopes&) const = default;
};

struct LearnSettings {
    bool enabled = true;
    std::vector<terms::Proof> from = {terms::Proof::Local, terms::Proof::Sealed};
    /// Clients whose complaints (ARF) are believed: by network, or by the domain of a verified host
    /// name. A domain needs an envelope sender of `feedback_senders`, since a provider's users send
    /// through the same hosts. When there are `feedback_senders`, networks need one as well.
    std::vector<mail::Network> feedback_networks;
    std::vector<std::string> feedback_domains;
    std::vector<std::string> feedback_senders;  ///< addresses
    LearnScopes scope;

    bool operator==(const LearnSettings&) const = default;
};

struct OutageSettings {
    bool enabled = true;
    /// The time within which a recipient's server must have accepted mail for it to be known as
    /// good.
    std::chrono::seconds known_good = std::chrono::days(90);
    /// An outage is at least this number of known-good recipients who bounce within the window, if
    /// they are this share of all recipients for whom the provider answered.
    std::size_t minimum = 10;
    Share rate{10};
    std::chrono::seconds window = std::chrono::hours(1);

    bool operator==(const OutageSettings&) const = default;
};

struct UnsubscribeSettings {
    /// Mailboxes to which people write to unsubscribe. "leave@example.org" also stands for
    /// "leave+anything@example.org".
    std::vector<std::string> addresses;
    /// The one of them that recipients of bulk mail find, signed, in List-Unsubscribe; empty: none.
    std::string add;
    /// Authentication services at our own border whose results are believed (RFC 8601).
    std::vector<std::string> authserv_ids;

    bool operator==(const UnsubscribeSettings&) const = default;
};

struct SealSettings {
    bool enabled = true;
    std::string key = "/var/lib/holdback/seal.key";
    std::chrono::seconds lifetime = std::chrono::days(14);
    SharedSeal shared = SharedSeal::Origin;
    /// Hosts to which our mail is handed over. Their bounces about it are believed like those of
    /// the recipient's own host; see `dsn::believes_handover`.
    std::vector<mail::Network> relays;

    bool operator==(const SealSettings&) const = default;
};

/// The MTA's log, which tells the outcome of deliveries.
struct MaillogSettings {
    MaillogSettings();  ///< `handed_on` has the loopback networks

    std::string file;      ///< empty: none
    bool trusted = false;  ///< nobody but the MTA can write the file
    bool journal = false;  ///< follow the system's journal
    /// Networks of relays that only hand mail on: mail that they took is not yet delivered.
    std::vector<mail::Network> handed_on;

    [[nodiscard]] bool is_followed() const { return journal || !file.empty(); }
    /// True when no user of this host can add lines.
    [[nodiscard]] bool is_trusted() const { return journal || (trusted && !file.empty()); }

    bool operator==(const MaillogSettings&) const = default;
};

/// Limits of our store of outcomes and decisions.
struct JournalSettings {
    std::chrono::seconds keep = std::chrono::days(30);
    std::size_t entries = 2'000'000;  ///< outcomes kept at most
    /// How long the facts of decisions are kept, and how many at most; zero keeps none.
    std::chrono::seconds decisions = std::chrono::days(30);
    std::size_t decision_entries = 2'000'000;

    bool operator==(const JournalSettings&) const = default;
};

struct LogSettings {
    std::string target = "journal";  ///< journal | syslog | stderr | file:/path
    LogLevel level = LogLevel::Info;

    bool operator==(const LogSettings&) const = default;
};

/// How fast held mail leaves by itself.
struct PaceSettings {
    /// Recipients a minute to each provider; 0: as fast as the limits of senders allow.
    std::size_t per_minute = 60;

    bool operator==(const PaceSettings&) const = default;
};

struct Settings {
    Mode mode = Mode::Shadow;
    MilterSettings milter;
    ControlSettings control;
    StoreSettings store;
    OutgoingSettings outgoing;
    DnsSettings dns;
    BulkSettings bulk;
    DirectSettings direct;
    PolicySettings policy;
    SuppressSettings suppress;
    HoldSettings hold;
    PaceSettings pace;
    NoticeSettings notice;
    DigestSettings digest;
    ComplianceSettings compliance;
    OnErrorSettings on_error;
    DsnSettings dsn;
    CodesSettings codes;
    LearnSettings learn;
    OutageSettings outage;
    UnsubscribeSettings unsubscribe;
    SealSettings seal;
    MaillogSettings maillog;
    JournalSettings journal;
    LogSettings log;
    std::vector<Limit> limits;  ///< in the order of the file
    /// What the MTA says of itself. It is not in the settings file: start and reload read it from
    /// where `outgoing.mta_domains` says.
    mail::MtaNames mta;

    bool operator==(const Settings&) const = default;
};

/// A contradiction between values each of which is valid; `key` is dotted: "hold.reinject".
struct Contradiction {
    std::string key;
    std::string message;
};

/// The values that contradict each other; empty when all is well.
[[nodiscard]] std::vector<Contradiction> validate(const Settings& settings);
/// Valid values that have no effect: each deserves a warning.
[[nodiscard]] std::vector<Contradiction> without_effect(const Settings& settings);

[[nodiscard]] std::string_view wire_name(Mode mode);
[[nodiscard]] std::string_view wire_name(AnswerAt at);
[[nodiscard]] std::string_view wire_name(RefuseAtRcpt when);
[[nodiscard]] std::string_view wire_name(AtExpiry action);
[[nodiscard]] std::string_view wire_name(Reinjected direction);
[[nodiscard]] std::string_view wire_name(SharedSeal shared);
[[nodiscard]] std::string_view wire_name(ReplyBy by);
[[nodiscard]] std::string_view wire_name(ErrorAnswer answer);
[[nodiscard]] std::string_view wire_name(LogLevel level);

}  // namespace holdback::config

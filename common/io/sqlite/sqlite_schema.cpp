// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/sqlite_schema.hpp"

#include <array>
#include <span>
#include <string_view>

namespace holdback::io::sqlite {

namespace {

// Enumerations are stored as their wire names, times as milliseconds since the epoch, lists of
// ESMTP arguments as lines.
// `suppression` has row ids so that the tree that every look-up goes down holds keys only: whole
// rows in its inner nodes would make it twice as deep.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE suppression (
    subject    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    domain     TEXT    NOT NULL,  -- of the subject, in lower case
    reason     TEXT    NOT NULL,
    code       INTEGER NOT NULL,
    source     TEXT    NOT NULL,
    strikes    INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    expires    INTEGER,
    active     INTEGER NOT NULL,
    proof      TEXT    NOT NULL,
    rule       TEXT    NOT NULL,
    diagnostic TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    PRIMARY KEY (subject, kind)
) STRICT;
CREATE INDEX suppression_by_domain ON suppression (domain);

-- Evidence that has been learned from: a digest of event and subject.
CREATE TABLE learned_event (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT    NOT NULL UNIQUE,
    at     INTEGER NOT NULL
) STRICT;

CREATE TABLE held_message (
    spool_id      TEXT    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL,
    sender        TEXT    NOT NULL,
    arguments     TEXT    NOT NULL,
    user          TEXT    NOT NULL,
    client        TEXT    NOT NULL,
    queue_id      TEXT    NOT NULL,
    campaign      TEXT    NOT NULL,
    message_id    TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    fingerprint   TEXT    NOT NULL,
    octets        INTEGER NOT NULL,
    held_at       INTEGER NOT NULL,
    spool_removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX held_message_by_sender ON held_message (sender COLLATE NOCASE);
CREATE INDEX held_message_by_campaign ON held_message (campaign);
CREATE INDEX held_message_with_file ON held_message (held_at) WHERE spool_removed = 0;

CREATE TABLE held_recipient (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    spool_id    TEXT    NOT NULL REFERENCES held_message,
    address     TEXT    NOT NULL,
    domain      TEXT    NOT NULL,  -- of the address, in lower case
    arguments   TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    finding     TEXT    NOT NULL,
    code        INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    release_at  INTEGER,
    expires_at  INTEGER,
    changed_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    last_answer TEXT    NOT NULL,
    identity    TEXT,              -- digest of fingerprint, sender, address; NULL without fingerprint
    token       TEXT               -- hash of the release token that is good for it
) STRICT;
CREATE UNIQUE INDEX held_once ON held_recipient (identity) WHERE state IN ('held', 'releasing');
CREATE INDEX held_recipient_by_message ON held_recipient (spool_id, state);
CREATE INDEX held_recipient_by_state ON held_recipient (state);
CREATE INDEX held_recipient_due ON held_recipient (state, release_at) WHERE release_at IS NOT NULL;
CREATE INDEX held_recipient_expiring ON held_recipient (state, expires_at)
    WHERE expires_at IS NOT NULL;
CREATE INDEX held_recipient_ended ON held_recipient (changed_at)
    WHERE state IN ('released', 'returned', 'discarded');
CREATE INDEX held_recipient_by_token ON held_recipient (token) WHERE token IS NOT NULL;

CREATE TABLE held_event (
    id           INTEGER PRIMARY KEY,
    recipient_id INTEGER NOT NULL REFERENCES held_recipient ON DELETE CASCADE,
    at           INTEGER NOT NULL,
    from_state   TEXT,
    to_state     TEXT    NOT NULL,
    text         TEXT    NOT NULL
) STRICT;
CREATE INDEX held_event_by_recipient ON held_event (recipient_id);

CREATE TABLE release_token (
    hash       TEXT    NOT NULL PRIMARY KEY,
    spool_id   TEXT    NOT NULL REFERENCES held_message ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX release_token_by_message ON release_token (spool_id);
)sql";

// The answers that no rule knew, folded to patterns.
constexpr std::string_view kVersion2 = R"sql(
CREATE TABLE unknown_text (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    pattern    TEXT    NOT NULL UNIQUE,
    example    TEXT    NOT NULL,
    remote_mta TEXT    NOT NULL,
    code       INTEGER NOT NULL,
    rule       TEXT    NOT NULL,
    messages   INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL
) STRICT;
CREATE INDEX unknown_text_by_rarity ON unknown_text (messages, last_seen);
)sql";

// The suppression list again, for ten million entries. Its rows lie in the order of their key, so
// that a domain's entries are neighbours, a sorted import writes one page after the other, and no
// index repeats the key. Reason, source and proof are the numbers of their enumerators.
//
//   domain            local                       an entry for
//   example.net       bo                          the mailbox bo@example.net
//   example.net       (empty)                     the domain
//   .example.net      (empty)                     the domain and all below it
//   *                 *@*.example.net             what fits the pattern
//   #a, #d, #s        keyed hash in hexadecimal   a mailbox, domain or suffix that is not named
//
// No name of a domain begins with one of these three characters.
constexpr std::string_view kVersion3 = R"sql(
CREATE TABLE suppression_3 (
    domain     TEXT    NOT NULL,
    local      TEXT    NOT NULL,
    scope      TEXT    NOT NULL,  -- empty: global; else a sender domain or a sender
    reason     INTEGER NOT NULL,
    code       INTEGER NOT NULL,
    source     INTEGER NOT NULL,
    strikes    INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    expires    INTEGER,
    active     INTEGER NOT NULL,
    proof      INTEGER NOT NULL,
    rule       TEXT    NOT NULL,
    diagnostic TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    PRIMARY KEY (domain, local, scope)
) STRICT, WITHOUT ROWID;

INSERT INTO suppression_3
SELECT substr(subject, -length(domain)) AS own_domain,
       CASE kind WHEN 'address' THEN substr(subject, 1, length(subject) - length(domain) - 1)
                 ELSE '' END AS local,
       '',
       CASE reason WHEN 'bounce' THEN 0 WHEN 'complaint' THEN 1 WHEN 'unsubscribe' THEN 2
                   WHEN 'manual' THEN 3 WHEN 'allow' THEN 4 END,
       code,
       CASE source WHEN 'learned' THEN 0 WHEN 'admin' THEN 1 WHEN 'import' THEN 2 END,
       strikes, first_seen, last_seen, expires, active,
       CASE proof WHEN 'local' THEN 0 WHEN 'sealed' THEN 1 WHEN 'unproven' THEN 2 END,
       rule, diagnostic, message_id
FROM suppression
ORDER BY own_domain, local;

DROP TABLE suppression;
ALTER TABLE suppression_3 RENAME TO suppression;

-- One row. The generation changes whenever the patterns change, or whether there are suffixes and
-- hashed entries: what readers keep in memory. It starts anywhere, so that one file is not taken
-- for another.
CREATE TABLE suppression_state (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    hash_check TEXT    NOT NULL  -- tells the key of the hashed entries from others; empty: none yet
) STRICT;
INSERT INTO suppression_state VALUES (1, random() >> 2, '');
)sql";

// Outcomes of deliveries from the MTA's log. A text that repeats another is left empty: `recipient`
// when it equals its key, `text` when it equals the reply.
constexpr std::string_view kVersion4 = R"sql(
CREATE TABLE outcome (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    at            INTEGER NOT NULL,
    queue_id      TEXT    NOT NULL,
    sender        TEXT,               -- NULL: not known
    recipient     TEXT    NOT NULL,
    recipient_key TEXT    NOT NULL,
    domain        TEXT    NOT NULL,
    original      TEXT    NOT NULL,
    provider      TEXT    NOT NULL,
    result        TEXT    NOT NULL,
    accepted      INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    reply         TEXT    NOT NULL,
    relay         TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    port          INTEGER NOT NULL,
    mailer        TEXT    NOT NULL,
    text          TEXT    NOT NULL
) STRICT;
CREATE INDEX outcome_by_queue_id ON outcome (queue_id);
CREATE INDEX outcome_by_recipient ON outcome (recipient_key);
CREATE INDEX outcome_by_time ON outcome (at);

-- Whose server has taken mail: stays when the outcomes go.
CREATE TABLE accepted (
    recipient_key TEXT    NOT NULL PRIMARY KEY,
    first         INTEGER NOT NULL,
    last          INTEGER NOT NULL,
    provider      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX accepted_by_time ON accepted (last);

CREATE TABLE maillog_position (
    source   TEXT    NOT NULL PRIMARY KEY,
    position TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Up to which outcome the listeners know of them; one row.
CREATE TABLE outcome_told (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    told INTEGER NOT NULL
) STRICT;
INSERT INTO outcome_told VALUES (1, 0);
)sql";

// What learning changed, with the entry as it was before, and the outages of providers.
constexpr std::string_view kVersion5 = R"sql(
CREATE TABLE lesson (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    subject     TEXT    NOT NULL,
    scope       TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    code        INTEGER NOT NULL,
    had_entry   INTEGER NOT NULL,  -- the rest means something only then
    reason      INTEGER NOT NULL,
    before_code INTEGER NOT NULL,
    source      INTEGER NOT NULL,
    strikes     INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    expires     INTEGER,
    active      INTEGER NOT NULL,
    proof       INTEGER NOT NULL,
    rule        TEXT    NOT NULL,
    diagnostic  TEXT    NOT NULL,
    message_id  TEXT    NOT NULL
) STRICT;
CREATE INDEX lesson_by_time ON lesson (at);
CREATE INDEX lesson_by_subject ON lesson (subject);

CREATE TABLE outage (
    provider TEXT    NOT NULL,
    opened   INTEGER NOT NULL,
    began    INTEGER NOT NULL,
    closed   INTEGER,
    bounced  INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    PRIMARY KEY (provider, opened)
) STRICT, WITHOUT ROWID;
CREATE INDEX outage_by_time ON outage (opened);
)sql";

// The time just before the end of a released message was sent to the MTA.
constexpr std::string_view kVersion6 = R"sql(
ALTER TABLE release_token ADD COLUMN sent_at INTEGER;
)sql";

// The domains that accepted mail. The domain of a key is what follows its last "@".
constexpr std::string_view kVersion7 = R"sql(
CREATE TABLE accepted_domain (
    domain TEXT    NOT NULL PRIMARY KEY,
    last   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX accepted_domain_by_time ON accepted_domain (last);
INSERT INTO accepted_domain
SELECT substr(recipient_key, length(rtrim(recipient_key, replace(recipient_key, '@', ''))) + 1),
       max(last)
FROM accepted
GROUP BY 1;
)sql";

// Notices to senders, the answers to them, and the daily digest. `tell` is 1 while the sender is
// still to be told of an item; nobody is told of items held before this step.
constexpr std::string_view kVersion8 = R"sql(
ALTER TABLE held_recipient ADD COLUMN advice TEXT NOT NULL DEFAULT '';
ALTER TABLE held_recipient ADD COLUMN suggestion TEXT NOT NULL DEFAULT '';
ALTER TABLE held_recipient ADD COLUMN tell INTEGER NOT NULL DEFAULT 0;
CREATE INDEX held_recipient_to_tell ON held_recipient (spool_id) WHERE tell = 1;

CREATE TABLE notice (
    id       TEXT    NOT NULL PRIMARY KEY,
    sender   TEXT    NOT NULL,
    user     TEXT    NOT NULL,
    campaign TEXT    NOT NULL,
    stopped  INTEGER NOT NULL,
    made_at  INTEGER NOT NULL,
    subject  TEXT    NOT NULL
) STRICT;
CREATE INDEX notice_stopped ON notice (sender, user, campaign, made_at) WHERE stopped = 1;

CREATE TABLE notice_item (
    notice TEXT    NOT NULL REFERENCES notice ON DELETE CASCADE,
    number INTEGER NOT NULL,
    item   INTEGER NOT NULL,  -- of held_recipient, which may be gone
    PRIMARY KEY (notice, number)
) STRICT, WITHOUT ROWID;

-- Answers that were taken. `done_at` stays for a while, so that an answer that comes twice counts
-- once. Lists are lines.
CREATE TABLE notice_command (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT    NOT NULL UNIQUE,
    notice      TEXT    NOT NULL,
    sender      TEXT    NOT NULL,
    in_reply_to TEXT    NOT NULL,
    refused     TEXT    NOT NULL,
    release     TEXT    NOT NULL,
    discard     TEXT    NOT NULL,
    remarks     TEXT    NOT NULL,
    taken_at    INTEGER NOT NULL,
    done_at     INTEGER
) STRICT;

CREATE TABLE notice_spending (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    count   INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_spending_by_account ON notice_spending (account, at);

-- The last digest; one row.
CREATE TABLE digest (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    day     INTEGER NOT NULL,  -- local days since 1970
    sent_at INTEGER NOT NULL
) STRICT;
)sql";

// Held items for which it is unknown whether the MTA has a copy, and when to check the cause again.
constexpr std::string_view kVersion9 = R"sql(
ALTER TABLE held_message ADD COLUMN stream TEXT NOT NULL DEFAULT 'bulk';
ALTER TABLE held_recipient ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE held_recipient ADD COLUMN recheck_at INTEGER;
UPDATE held_recipient SET recheck_at = changed_at WHERE state = 'held' AND (finding IN
    ('no-such-domain', 'no-mail-host', 'null-mx', 'unusable-mx', 'misspelled-domain',
     'blocked-by-admin') OR finding LIKE 'suppressed-%');
CREATE INDEX held_recipient_in_doubt ON held_recipient (id) WHERE in_doubt = 1;
CREATE INDEX held_recipient_recheck ON held_recipient (state, recheck_at)
    WHERE recheck_at IS NOT NULL;
)sql";

// The facts behind decisions. The recipients of a message lie side by side: their ids start at
// `first`, so that neither table needs the other's key. `facts` are lines of key=value, see
// outbound/fact_text.
constexpr std::string_view kVersion10 = R"sql(
CREATE TABLE decision_message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    queue_id   TEXT    NOT NULL,
    sender     TEXT    NOT NULL,
    mode       TEXT    NOT NULL,
    stream     TEXT    NOT NULL,
    campaign   TEXT    NOT NULL,
    first      INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    facts      TEXT    NOT NULL
) STRICT;
CREATE INDEX decision_message_by_time ON decision_message (at);

CREATE TABLE decision_recipient (
    id      INTEGER PRIMARY KEY,
    address TEXT    NOT NULL,
    domain  TEXT    NOT NULL,  -- of the address, in lower case
    verdict TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    code    INTEGER,
    held    INTEGER,           -- id of the held item
    facts   TEXT    NOT NULL
) STRICT;
)sql";

// Bulk campaigns, their recipients (each a hash of campaign and recipient), and the issue of a held
// message.
constexpr std::string_view kVersion11 = R"sql(
CREATE TABLE campaign (
    key         TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    sender      TEXT    NOT NULL,
    text_sender TEXT    NOT NULL,
    text_name   TEXT    NOT NULL,
    sketch      TEXT    NOT NULL,  -- of the text that came first: numbers
    recipients  INTEGER NOT NULL,
    bad         INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    seen_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_by_time ON campaign (seen_at);

CREATE TABLE sent_copy (
    key INTEGER PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT;
CREATE INDEX sent_copy_by_time ON sent_copy (at);

ALTER TABLE held_message ADD COLUMN issue TEXT NOT NULL DEFAULT '';
)sql";

// A second index of the few entries for whole domains, so that a look-up reads one page of the long
// list. A condition `local = ''` would make SQLite plan each look-up anew for the text bound to
// `local`.
constexpr std::string_view kVersion12 = R"sql(
CREATE INDEX suppression_of_domain ON suppression (domain) WHERE length(local) = 0;
)sql";

// The queue id under which the MTA may have a copy of a held item, and since when; and the notice
// that told the sender.
constexpr std::string_view kVersion13 = R"sql(
ALTER TABLE held_recipient ADD COLUMN mta_queue_id TEXT NOT NULL DEFAULT '';
ALTER TABLE held_recipient ADD COLUMN mta_since INTEGER;
UPDATE held_recipient SET
    mta_queue_id = (SELECT queue_id FROM held_message m WHERE m.spool_id = held_recipient.spool_id),
    mta_since = (SELECT held_at FROM held_message m WHERE m.spool_id = held_recipient.spool_id)
    WHERE in_doubt = 1 AND attempts = 0;
ALTER TABLE notice ADD COLUMN spool_id TEXT NOT NULL DEFAULT '';  -- of the mail that it is
CREATE INDEX held_recipient_in_doubt_by_copy ON held_recipient (mta_queue_id) WHERE in_doubt = 1;
CREATE INDEX notice_item_by_item ON notice_item (item);
)sql";

// The digests of held copies, and what is wrong with the copies; and which spool belongs to this
// store: `generation` grows with each change that an older state of the store lacks.
constexpr std::string_view kVersion14 = R"sql(
ALTER TABLE held_message ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE held_message ADD COLUMN damage TEXT NOT NULL DEFAULT '';
CREATE TABLE spool_pair (
    id         TEXT    NOT NULL,
    generation INTEGER NOT NULL
) STRICT;
)sql";

// Messages of which nothing is held any more, so that removable files are found without a look at
// all held messages.
constexpr std::string_view kVersion15 = R"sql(
ALTER TABLE held_message ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;
UPDATE held_message SET idle = 1 WHERE NOT EXISTS (SELECT 1 FROM held_recipient r
    WHERE r.spool_id = held_message.spool_id AND r.state IN ('held', 'releasing'));
CREATE INDEX held_message_idle ON held_message (spool_id) WHERE idle = 1 AND spool_removed = 0;
CREATE TRIGGER held_recipient_was_last AFTER UPDATE OF state ON held_recipient
WHEN NEW.state IN ('released', 'returned', 'discarded')
BEGIN
    UPDATE held_message SET idle = 1 WHERE spool_id = NEW.spool_id AND NOT EXISTS
        (SELECT 1 FROM held_recipient r
         WHERE r.spool_id = NEW.spool_id AND r.state IN ('held', 'releasing'));
END;
DELETE FROM held_message WHERE spool_removed = 1 AND NOT EXISTS
    (SELECT 1 FROM held_recipient r WHERE r.spool_id = held_message.spool_id);
)sql";

// Log lines count only for messages that we decided upon. `together`: the line named several
// recipients, who then shared one fate.
constexpr std::string_view kVersion16 = R"sql(
CREATE INDEX decision_message_by_queue_id ON decision_message (queue_id);
ALTER TABLE outcome ADD COLUMN together INTEGER NOT NULL DEFAULT 0;
)sql";

// Unknown texts that came with a proof have a share of the list to themselves.
constexpr std::string_view kVersion17 = R"sql(
ALTER TABLE unknown_text ADD COLUMN proven INTEGER NOT NULL DEFAULT 0;
DROP INDEX unknown_text_by_rarity;
CREATE INDEX unknown_text_by_rarity ON unknown_text (proven, messages, last_seen);
)sql";

// Whether the sender was known to be ours when the message was held.
constexpr std::string_view kVersion18 = R"sql(
ALTER TABLE held_message ADD COLUMN vouched INTEGER NOT NULL DEFAULT 0;
)sql";

// How many messages with an unknown text came with a proof; for older rows, only one is known.
constexpr std::string_view kVersion19 = R"sql(
ALTER TABLE unknown_text ADD COLUMN proven_messages INTEGER NOT NULL DEFAULT 0;
UPDATE unknown_text SET proven_messages = proven;
)sql";

// Who changed what. `change` of an entry is the number of the import that wrote it, or 0: changes
// of single entries are found by their subject. `told` is 0 until the log has a line for the
// change.
constexpr std::string_view kVersion20 = R"sql(
CREATE TABLE list_change (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    what    INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    subject TEXT    NOT NULL,  -- empty: of many entries
    scope   TEXT    NOT NULL,
    entries INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    origin  TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    told    INTEGER NOT NULL
) STRICT;
CREATE INDEX list_change_by_subject ON list_change (subject) WHERE subject <> '';
CREATE INDEX list_change_untold ON list_change (id) WHERE told = 0;
ALTER TABLE suppression ADD COLUMN change INTEGER NOT NULL DEFAULT 0;
)sql";

// What senders have used of their limits, by counter, window (its length in seconds) and slot of
// the window; and who was counted for which message (a hash of both).
constexpr std::string_view kVersion21 = R"sql(
CREATE TABLE sender_counter (
    id       INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    UNIQUE (name, key, stream, provider)
) STRICT;
CREATE TABLE sender_usage (
    counter    INTEGER NOT NULL,
    window     INTEGER NOT NULL,
    slot       INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    PRIMARY KEY (counter, window, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE counted_copy (
    key   INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    times INTEGER NOT NULL
) STRICT;
CREATE INDEX counted_copy_by_time ON counted_copy (at);
ALTER TABLE held_message ADD COLUMN daemon TEXT NOT NULL DEFAULT '';
)sql";

constexpr std::array kSteps{kVersion1,  kVersion2,  kVersion3,  kVersion4,  kVersion5,  kVersion6,
                            kVersion7,  kVersion8,  kVersion9,  kVersion10, kVersion11, kVersion12,
                            kVersion13, kVersion14, kVersion15, kVersion16, kVersion17, kVersion18,
                            kVersion19, kVersion20, kVersion21};

}  // namespace

std::span<const std::string_view> schema_steps() {
    return kSteps;
}

}  // namespace holdback::io::sqlite

// SPDX-License-Identifier: Apache-2.0
#include "io/sqlite/report_reader.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/outcome.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/suppression_store.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::io::sqlite {

namespace {

/// All queries of one report see the same moment.
class Moment {
public:
    explicit Moment(Connection& connection) : connection_(&connection) {
        connection_->execute("BEGIN");
    }
    Moment(const Moment&) = delete;
    Moment& operator=(const Moment&) = delete;
    Moment(Moment&&) = delete;
    Moment& operator=(Moment&&) = delete;
    ~Moment() {
        if (connection_ != nullptr) {
            try {
                connection_->execute("ROLLBACK");
            } catch (const DatabaseError&) {  // NOLINT(bugprone-empty-catch): the other tells why
            }
        }
    }

    void end() {
        connection_->execute("COMMIT");
        connection_ = nullptr;
    }

private:
    Connection* connection_;  // null once ended
};

std::size_t count_of(const Query& query, int column) {
    return static_cast<std::size_t>(query.integer(column));
}

void read_outcomes(Connection& connection,
                   core::TimePoint since,
                   core::TimePoint until,
                   const ReportVisitor& visitor) {
    // Only bounced rows need the texts.
    Query query = connection.query(
        "SELECT at, result, sender, domain, provider, mailer, address, "
        "CASE result WHEN 'bounced' THEN status ELSE '' END, "
        "CASE result WHEN 'bounced' THEN reply ELSE '' END, "
        "CASE result WHEN 'bounced' THEN text ELSE '' END, "
        "CASE result WHEN 'bounced' THEN relay ELSE '' END "
        "FROM outcome WHERE at >= ? AND at < ?");
    query.bind(since).bind(until);
    OutcomeRow row;
    while (query.step()) {
        mail::MtaOutcome& outcome = row.outcome;
        outcome.at = query.time(0);
        outcome.result =
            mail::parse_delivery_result(query.text(1)).value_or(mail::DeliveryResult::Deferred);
        outcome.sender = query.is_null(2) ? std::nullopt : std::optional(query.text(2));
        row.domain = query.text(3);
        row.provider = query.text(4);
        outcome.mailer = query.text(5);
        outcome.relay_address = query.text(6);
        if (outcome.result == mail::DeliveryResult::Bounced) {
            const auto status = mail::EnhancedStatus::parse(query.text(7));
            outcome.status = status.has_value() ? std::optional(*status) : std::nullopt;
            const std::string reply = query.text(8);
            outcome.reply = reply.empty() ? std::nullopt : mail::SmtpReply::parse(reply);
            outcome.text = query.text(9);
            if (outcome.text.empty()) {
                outcome.text = reply;
            }
            outcome.relay = query.text(10);
        }
        visitor.outcome(row);
    }
}

void read_held(Connection& connection,
               core::TimePoint since,
               core::TimePoint until,
               const ReportVisitor& visitor) {
    Query query = connection.query(
        "SELECT e.at, e.from_state IS NULL, e.to_state, m.sender, r.domain, r.finding, r.code "
        "FROM held_event e JOIN held_recipient r ON r.id = e.recipient_id "
        "JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE m.kind = 'mail' AND r.finding <> 'none' AND e.at >= ? AND e.at < ? AND "
        "(e.from_state IS NULL OR e.to_state IN ('released', 'returned', 'discarded'))");
    query.bind(since).bind(until);
    while (query.step()) {
        HeldRow row;
        row.at = query.time(0);
        row.is_new = query.integer(1) != 0;
        row.to = terms::parse_held_state(query.text(2)).value_or(terms::HeldState::Held);
        row.sender = query.text(3);
        row.domain = query.text(4);
        row.finding = query.text(5);
        row.code = terms::FailureCode::from_number(static_cast<int>(query.integer(6)))
                       .value_or(terms::kUnknownFailure);
        visitor.held(row);
    }
}

void read_decisions(Connection& connection,
                    core::TimePoint since,
                    core::TimePoint until,
                    const ReportVisitor& visitor) {
    Query query = connection.query(
        "SELECT m.at, m.mode, r.verdict, r.reason, m.sender, r.domain, r.held IS NOT NULL "
        "FROM decision_message m CROSS JOIN decision_recipient r "
        "ON r.id >= m.first AND r.id < m.first + m.recipients WHERE m.at >= ? AND m.at < ?");
    query.bind(since).bind(until);
    while (query.step()) {
        DecisionRow row;
        row.at = query.time(0);
        row.mode = query.text(1) == wire_name(config::Mode::Enforce) ? config::Mode::Enforce
                                                                     : config::Mode::Shadow;
        row.verdict =
            terms::parse_policy_action(query.text(2)).value_or(config::PolicyAction::Pass);
        row.reason = query.text(3);
        row.sender = query.text(4);
        row.domain = query.text(5);
        row.is_held = query.integer(6) != 0;
        visitor.decision(row);
    }
}

void read_growth(Connection& connection,
                 core::TimePoint since,
                 core::TimePoint until,
                 const ReportVisitor& visitor) {
    constexpr std::int64_t kDay = std::chrono::milliseconds(std::chrono::days(1)).count();
    Query query = connection.query(
        "SELECT first_seen / ?1, reason, count(*) FROM suppression "
        "WHERE first_seen >= ?2 AND first_seen < ?3 GROUP BY 1, 2");
    query.bind(kDay).bind(since).bind(until);
    while (query.step()) {
        const auto reason = static_cast<std::size_t>(query.integer(1));
        if (reason < terms::kAllSuppressionReasons.size()) {
            visitor.growth(core::TimePoint(std::chrono::milliseconds(query.integer(0) * kDay)),
                           terms::kAllSuppressionReasons.at(reason),
                           count_of(query, 2));
        }
    }
}

StoreNow read_now(Connection& connection, core::TimePoint now) {
    StoreNow found;
    {
        Query query = connection.query(
            "SELECT count(*), count(*) FILTER (WHERE active = 1 AND reason <> ? AND "
            "(expires IS NULL OR expires > ?)) FROM suppression");
        query.bind(static_cast<std::int64_t>(terms::SuppressionReason::Allow)).bind(now);
        query.step();
        found.suppression_entries = count_of(query, 0);
        found.suppression_in_force = count_of(query, 1);
    }
    Query query = connection.query(
        "SELECT count(*) FROM held_recipient r JOIN held_message m ON m.spool_id = r.spool_id "
        "WHERE r.state IN ('held', 'releasing') AND m.kind = 'mail' AND r.finding <> 'none'");
    query.step();
    found.held = count_of(query, 0);
    return found;
}

}  // namespace

core::Result<StoreNow, ports::StoreError> read_report(Database& database,
                                                      core::TimePoint since,
                                                      core::TimePoint until,
                                                      const ReportVisitor& visitor) {
    return at_store_boundary([&] {
        return database.read([&](Connection& connection) {
            Moment moment(connection);
            read_outcomes(connection, since, until, visitor);
            read_held(connection, since, until, visitor);
            read_decisions(connection, since, until, visitor);
            read_growth(connection, since, until, visitor);
            const StoreNow now = read_now(connection, until);
            moment.end();
            return now;
        });
    });
}

}  // namespace holdback::io::sqlite

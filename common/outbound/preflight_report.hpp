// SPDX-License-Identifier: Apache-2.0
#pragma once
// The answer to a preflight: a mail that says what would happen to each recipient.

#include "core/clock.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"

#include <string>
#include <vector>

namespace holdback::outbound {

/// One recipient of the message under preflight.
struct PreflightRow {
    std::string address;  ///< as the MTA gave it
    std::string key;      ///< identifies the recipient
    std::string domain;   ///< canonical; empty when the address is malformed
    Verdict verdict;
};

struct PreflightFacts {
    core::TimePoint now;
    std::string host;        ///< our name
    std::string address;     ///< our address, from which the report comes
    std::string sender;      ///< the sender who asked and gets the report
    std::string unique;      ///< letters and digits, unique among our messages
    std::string subject;     ///< of the message; empty: none
    std::string message_id;  ///< of the message; empty: none
    StreamDecision stream;
    std::vector<Finding> about_message;  ///< findings that hold for all recipients
    std::vector<PreflightRow> rows;
};

/// The whole message: multipart/mixed with a text and a CSV of all rows. Foreign text cannot end a
/// line or a part of it. It is 7bit, unless the sender's address is not ASCII.
[[nodiscard]] std::string compose_preflight_report(const PreflightFacts& facts);

}  // namespace holdback::outbound

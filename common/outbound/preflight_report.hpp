// SPDX-License-Identifier: Apache-2.0
#pragma once
// The answer to a preflight: a mail that says what would become of each recipient.

#include "core/clock.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/verdict.hpp"

#include <string>
#include <vector>

namespace holdback::outbound {

/// One recipient of the message that was asked about.
struct PreflightRow {
    std::string address;  ///< as the MTA gave it
    std::string key;      ///< tells recipients apart
    std::string domain;   ///< canonical; empty when the address is malformed
    Verdict verdict;
};

struct PreflightFacts {
    core::TimePoint now;
    std::string host;        ///< our name
    std::string address;     ///< of ours, from which the report comes
    std::string sender;      ///< who asked; to whom the report goes
    std::string unique;      ///< letters and digits that no other message of ours has
    std::string subject;     ///< of the message; empty: none
    std::string message_id;  ///< of the message; empty: none
    StreamDecision stream;
    std::vector<Finding> about_message;  ///< what all recipients have alike
    std::vector<PreflightRow> rows;
};

/// The whole message: multipart/mixed with a text and a CSV of all rows. Nothing in it ends a line
/// or a part but what we write; it is 7bit, unless the sender's address is not ASCII.
[[nodiscard]] std::string compose_preflight_report(const PreflightFacts& facts);

}  // namespace holdback::outbound

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which codes may teach. Only this file says what evidence a code needs before it may silence a
// mailbox or a domain.

#include "reading/reading.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"

#include <string_view>

namespace holdback::reading {

/// A code and its evidence.
struct Claim {
    terms::FailureCode code = terms::kUnknownFailure;
    ReplyFacts facts;
    /// nullptr when nothing could be read.
    const Reading* reading = nullptr;
    /// The rule that names the code; nullptr when the reading names it.
    const Rule* rule = nullptr;
};

struct CertainCode {
    terms::FailureCode code = terms::kUnknownFailure;
    /// What the code lacks, for people ("it was not said in reply to RCPT"); empty when it stands.
    std::string_view doubt;
};

/// True for a code that needs certain evidence.
[[nodiscard]] bool needs_evidence(terms::FailureCode code);

/// The code itself when it teaches nothing or has enough evidence; otherwise the nearest code that
/// teaches nothing. A rule of the administrator's is always believed.
///
/// - 2001, 2003, 2004 (suppress at once): no reply of class 4; RCPT or an unknown stage; words or a
///   status X.1 or X.2 about the recipient's mailbox; no status X.3, X.4 or X.7 (X.3.0, X.7.0,
///   X.7.1 and X.7.17 do not matter beside plain words); nothing about the sender, the host,
///   content, limits or the connection; no call to try later, unless the status is X.1.1, X.1.3,
///   X.1.6 or X.1.10.
/// - 2002 (the domain): words or a status X.1 or X.4 about the recipient's domain; no status X.3 or
///   X.7; RCPT, DATA or an unknown stage; no call to log in.
/// - 4006 (not served): words or a status; no reply of class 4; RCPT or an unknown stage; no call
///   to log in.
/// - 3001: words or a status X.2 or X.7 about the recipient; RCPT, DATA or an unknown stage. 3002:
///   the same, but no status alone beside words about the message. 3003: words.
/// - 2999: as 2001, but the recipient's domain will do, a status X.3, X.4 or X.7 always counts
///   against it, and a call to try later does not.
/// A provider's rule teaches at DATA as well, and like a rule that names the status it teaches
/// beside any status. A bare reply code never teaches.
[[nodiscard]] CertainCode certain_code(const Claim& claim);

}  // namespace holdback::reading

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which codes may teach. The one place that says what a code has to be sure of before it may
// silence a mailbox or a domain.

#include "reading/reading.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"

#include <string_view>

namespace holdback::reading {

/// A code, and what it rests on.
struct Claim {
    terms::FailureCode code = terms::kUnknownFailure;
    ReplyFacts facts;
    /// nullptr when nothing could be read.
    const Reading* reading = nullptr;
    /// The rule that names the code; nullptr when the reading does.
    const Rule* rule = nullptr;
};

struct CertainCode {
    terms::FailureCode code = terms::kUnknownFailure;
    /// What the code lacked, for people ("the stage is not RCPT"); empty when it stands as claimed.
    std::string_view doubt;
};

/// True for a code that needs certain evidence.
[[nodiscard]] bool needs_evidence(terms::FailureCode code);

/// The code itself when it teaches nothing or rests on enough, else the nearest that teaches
/// nothing. A rule of the administrator's stands as it is.
///
/// - 2001, 2003, 2004 (suppress at once): no reply of class 4; RCPT or an unknown stage; words or a
///   status (X.1.1, X.1.3, X.1.6) about the recipient's mailbox; neither X.3, X.4 nor X.7 (but for
///   5.7.0, 5.7.1 and 5.3.0 beside plain words, which many servers write for every refusal);
///   nothing said about the sender, the host, content, limits or the connection; and no call to try
///   later, unless the status is sure.
/// - 2002 (the domain): words or X.1.2, X.1.10 about the recipient's domain; neither X.3 nor X.7; a
///   stage where a recipient is known.
/// - 4006 (not served): words of a refusal to relay, for good, at RCPT or an unknown stage, and no
///   call to log in.
/// - 3001: the recipient's mailbox, by words or X.2.2. 3002: the same with X.2.1. 3003: by words.
/// - 2999: words or X.1, X.2 about the recipient, for good, at RCPT or an unknown stage.
/// A bare reply code never teaches.
[[nodiscard]] CertainCode certain_code(const Claim& claim);

}  // namespace holdback::reading

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The protocol between the control tool and the daemon on the control socket: lines of fields.
//
// A request is one line: a command word and its arguments. The answer is any number of lines, then
// one line whose only field is "ok", or a line "error" with a text. Fields are separated by tabs; a
// tab, a line end or a backslash within a field is written \t, \n, \r or \\.
//
//   request                   lines of the answer
//   status                    key, value
//   metrics                   line of the exposition
//   reload                    "changed" or "waits", key, old, new
//   seal-keys                 (none)               the key file has changed
//   release [in-doubt] ID …   id, outcome, answer  (outcome: wire name of ItemOutcome::What);
//   return [in-doubt] ID …    id, outcome, answer  items in doubt are left alone without the word
//   discard [in-doubt] ID …   id, outcome, answer  "in-doubt"
//   release-as ID ADDRESS     id, outcome, answer
//   continue-campaign NAME [SENDER]   "continued", how many issues; or "senders" and the senders,
//                             when several have such a campaign and none is named ("*": all of
//                             them); nothing is done then
//   cache-show                key, value
//   cache-clear               (none)

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter {

using ControlLine = std::vector<std::string>;

/// A key and its number.
[[nodiscard]] ControlLine number_line(std::string_view key, std::uint64_t number);

/// A line without its line end.
[[nodiscard]] std::string encode_control_line(const ControlLine& fields);
[[nodiscard]] ControlLine decode_control_line(std::string_view line);

}  // namespace holdback::milter

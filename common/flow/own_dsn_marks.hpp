// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header fields by which programs read a DSN of our own.

#include "flow/snapshot.hpp"
#include "letters/return_dsn.hpp"

#include <string>

namespace holdback::flow {

/// The fields that the DSN would get as a bounce that comes in (see `dsn::tag`), with CRLF line
/// ends; what we know of a cause goes before what is read out of the reply. Its proof is `local`.
[[nodiscard]] std::string own_dsn_marks(const letters::ReturnDsnFacts& facts,
                                        const Snapshot& snapshot);

}  // namespace holdback::flow

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules and words by which replies are understood. Immutable; share it freely between threads.

#include "reading/lexicon.hpp"
#include "reading/rule_set.hpp"

namespace holdback::reading {

struct Knowledge {
    RuleSet rules;
    Lexicon lexicon;
};

}  // namespace holdback::reading

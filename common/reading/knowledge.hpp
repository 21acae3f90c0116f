// SPDX-License-Identifier: Apache-2.0
#pragma once
// What replies are understood with: rules and words. Immutable; share it freely between threads.

#include "reading/lexicon.hpp"
#include "reading/rule_set.hpp"

namespace holdback::reading {

struct Knowledge {
    RuleSet rules;
    Lexicon lexicon;
};

}  // namespace holdback::reading

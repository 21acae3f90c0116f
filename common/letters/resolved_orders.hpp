// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands of an answer, applied to the notice that it answers.

#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdback::letters {

/// A number that is to be sent to another address.
struct NumberAs {
    std::size_t number;
    std::string address;

    bool operator==(const NumberAs&) const = default;
};

/// Orders applied to a notice of `count` recipients: numbers from 1 on, each in one list at most.
struct ResolvedOrders {
    std::vector<std::size_t> release;
    std::vector<NumberAs> release_as;
    std::vector<std::size_t> discard;
    /// Why something was not done, in the words of the language.
    std::vector<std::string> remarks;

    bool operator==(const ResolvedOrders&) const = default;
};

/// Nothing is done about numbers that the notice does not have, and about those that are to be both
/// released and discarded, or to go to two addresses.
[[nodiscard]] ResolvedOrders resolve(const Orders& orders,
                                     std::size_t count,
                                     const NoticeTexts& texts);

}  // namespace holdback::letters

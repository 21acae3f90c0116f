// SPDX-License-Identifier: Apache-2.0
#pragma once
// Applies the commands of an answer to its notice.

#include "letters/notice_orders.hpp"
#include "letters/notice_texts.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdback::letters {

/// A number that goes to another address.
struct NumberAs {
    std::size_t number;
    std::string address;

    bool operator==(const NumberAs&) const = default;
};

/// Orders for a notice of `count` recipients: numbers from 1 on, each in one list at most.
struct ResolvedOrders {
    std::vector<std::size_t> release;
    std::vector<NumberAs> release_as;
    std::vector<std::size_t> discard;
    /// The reasons why something was not done, in the language of the notice.
    std::vector<std::string> remarks;

    bool operator==(const ResolvedOrders&) const = default;
};

/// Leaves out, with a remark, numbers that the notice does not have, that are to be both released
/// and discarded, or that are to go to two addresses.
[[nodiscard]] ResolvedOrders resolve(const Orders& orders,
                                     std::size_t count,
                                     const NoticeTexts& texts);

}  // namespace holdback::letters

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A sender's windows and campaigns know it by the name that `mail` gives.

#include "mail/folded_sender.hpp"

namespace holdback::outbound {

using mail::folded_sender;

}  // namespace holdback::outbound
